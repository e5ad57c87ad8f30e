"""One of any number of workers: takes jobs, and does now and then what somebody has to do.

All tasks are registered here. Each looks after its own failures: procrastinate would log the
arguments of a job that fails.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import procrastinate.worker
from procrastinate.job_context import JobContext
from procrastinate.jobs import Job, Status

from bot.db.repositories import Inbox
from bot.db.session import reading
from bot.db.trouble import TROUBLE, reason
from bot.workers.jobs import DRAIN, JOBS_TROUBLE, QUEUE, Jobs, chats_of

if TYPE_CHECKING:
    from bot.bootstrap import App

# A chat that waits for its next fragment or try holds a place too; turns have fewer.
CHATS_HELD = 200
# How often a worker says that it lives, and how long it may be silent, in seconds.
ALIVE_EVERY, DEAD_AFTER = 2.0, 10.0
# A job that was not told of, or whose lock was just freed, is found within so many seconds.
LOOK_EVERY = 1.0
# A job that was done, but whose end could not be written, is let go of in twice this time.
LET_GO_EVERY = 5.0
# What nobody was told of: the process that stored it was killed in between.
UNTOLD_AFTER = timedelta(seconds=10)
# A backlog is told of in portions, the longest waiting first.
UNTOLD_AT_ONCE = 500
AGAIN_AFTER = 2.0

logger = logging.getLogger(__name__)


class Worker:
    """Handles chats until stopped.

    Args:
        jobs: which chats.
        app: TeVoet, put together.
    """

    def __init__(self, jobs: Jobs, app: App) -> None:
        self._jobs, self._app = jobs, app
        self._stopping = False
        self._worker_id: int | None = None
        self._held: set[int | None] = set()
        jobs.app.task(name=DRAIN, queue=QUEUE)(self._drain)
        # Seconds come last.
        self._every("* * * * * */30", "nudges", app.nudges.all_due)
        self._every("* * * * * */15", "untold", self._untold)
        self._every("* * * * * */5", "orphans", self._orphans, alone=False)
        self._every("17 * * * *", "tidy", app.conversation.tidy)
        self._every("47 * * * *", "retention", app.retention.daily)

    def _every(
        self, cron: str, name: str, work: Callable[[], Awaitable[object]], alone: bool = True
    ) -> None:
        """Register what one of the workers does now and then, and no two at once."""

        async def task(timestamp: int) -> None:
            try:
                await work()
            except (*TROUBLE, *JOBS_TROUBLE) as error:
                logger.error("%s failed: %s", name, reason(error.__cause__ or error))

        decorate = self._jobs.app.task(
            name=name, queue=QUEUE, lock=name if alone else None, queueing_lock=name
        )
        self._jobs.app.periodic(cron=cron)(decorate(task))

    async def run(self, stop: asyncio.Event) -> None:
        """Work until stopped; then finish the turns under way, and leave the rest to others."""
        await self._untold(timedelta(0))
        while not stop.is_set():
            working = asyncio.create_task(self._work())
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if stop.is_set():
                await self._stop(working)
                return
            error = working.exception()
            if error is not None and not isinstance(error, JOBS_TROUBLE):
                raise error
            logger.error("this worker takes no jobs: %s", _cause(error))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), AGAIN_AFTER)

    async def _stop(self, working: asyncio.Task[None]) -> None:
        self._stopping = True
        self._app.nudges.stop()
        # From here on it takes no job, and waits for those that it has.
        working.cancel()
        await self._app.conversation.stop()
        with suppress(asyncio.CancelledError, *JOBS_TROUBLE):
            await working

    async def _work(self) -> None:
        letting_go = asyncio.create_task(self._let_go())
        try:
            await self._jobs.app.run_worker_async(
                worker_middleware=[self._hold],
                concurrency=CHATS_HELD,
                install_signal_handlers=False,
                delete_jobs="always",
                fetch_job_polling_interval=LOOK_EVERY,
                update_heartbeat_interval=ALIVE_EVERY,
                stalled_worker_timeout=DEAD_AFTER,
            )
        finally:
            letting_go.cancel()
            with suppress(asyncio.CancelledError):
                await letting_go

    # --- jobs that are done --------------------------------------------------------

    async def _hold(
        self,
        process: Callable[[], Awaitable[object]],
        context: JobContext,
        worker: procrastinate.worker.Worker,
    ) -> object:
        """Remember which jobs this worker is at, as middleware of procrastinate."""
        self._worker_id = worker.worker_id
        self._held.add(context.job.id)
        try:
            return await process()
        finally:
            self._held.discard(context.job.id)

    async def _let_go(self) -> None:
        """End the jobs that are done and still held: a connection broke as that was written.

        Procrastinate tries it once, and the job of a worker that lives would hold its chat for
        good. What two looks in a row find is not merely about to end.
        """
        before: set[int | None] = set()
        while True:
            await asyncio.sleep(LET_GO_EVERY)
            try:
                done = await self._done_and_held()
                await self._do_anew([job for job in done if job.id in before])
            except JOBS_TROUBLE as error:
                logger.error("jobs could not be let go of: %s", _cause(error))
                continue
            before = {job.id for job in done}

    async def _done_and_held(self) -> list[Job]:
        if self._worker_id is None:
            return []
        manager = self._jobs.app.job_manager
        jobs = await manager.list_jobs_async(status="doing", worker_id=self._worker_id)
        return [job for job in jobs if job.id not in self._held]

    # --- tasks -------------------------------------------------------------------

    async def _drain(self, chat_id: int) -> None:
        """Handle what waits for a chat; until that is done no other worker does."""
        if await self._app.conversation.drain(chat_id):
            return
        if not self._stopping:
            await asyncio.sleep(AGAIN_AFTER)
        await self._jobs.drain([chat_id])

    async def _untold(self, after: timedelta = UNTOLD_AFTER) -> None:
        """Make the jobs that were never made, or got lost; danger first."""
        before = self._app.clock() - after
        async with reading(self._app.engine) as session:
            chats = await Inbox(session, self._app.cipher).open_chats(before, UNTOLD_AT_ONCE)
        await self._jobs.drain(chats, await self._app.conversation.urgent(chats))

    async def _orphans(self) -> None:
        """Take over the jobs of workers that died."""
        manager = self._jobs.app.job_manager
        await self._do_anew(await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER))

    async def _do_anew(self, jobs: Iterable[Job]) -> None:
        for job in jobs:
            try:
                await self._jobs.app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            except JOBS_TROUBLE:
                # Another worker was quicker.
                continue
            logger.warning("a job that was left behind is done anew")
            await self._jobs.drain(chats_of([job]))


def _cause(error: BaseException | None) -> str:
    return reason(error.__cause__ or error) if error else "it ended"
