"""What a hundred thousand due check-ins cost: `python -m benchmarks.nudges [--send SECONDS]`.

Without `--send`: claims all that is due at once, in the batches of the real loop, without the
outbox's limit; prints seconds, rows a second and the largest memory.

With it: sends for so long to a Telegram of its own on loopback, at the real limit of 30 a second,
while some chats are answered by the trained model; prints the rate, the share of a core, and the
time of a turn alone and meanwhile. Then sends without the limit, beside python-telegram-bot with
its default transport in the same run.

`--database` names an empty database; the default is a new SQLite file.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot

from benchmarks.figures import Figure, tell
from bot import logs
from bot.bootstrap import App, load_dialogue, running
from bot.content import load
from bot.conversation.inbound import read_text
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import ScheduleRow, User
from bot.db.repositories import CHECKIN, Chats
from bot.db.session import make_engine, writing
from bot.nudges.loop import WAITING_AT_MOST, Nudges
from bot.settings import read_settings
from bot.telegram.app import build
from bot.telegram.sender import MESSAGES_A_SECOND, Sender
from nlu.facts import DEFAULT_ZONE
from nlu.schedule import WEEK

DUE = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
CHUNK = 5_000
TOKEN = "7:token-of-a-benchmark"  # noqa: S105
# Who is answered meanwhile, how many of them one after another, and how long each waits.
FIRST_TALKER, TALKERS, PAUSE = 10_000_000, 20, 1.0
LINES = ("ik voel wantrouwen", "hij liegt al weken over geld", "geef me een tip", "waarom?")
ALONE = 40
UNLIMITED_SECONDS, UNLIMITED_WAITING = 20.0, 3_000
DEFAULT_MESSAGES, TASKS = 3_000, 64


async def fill(engine: AsyncEngine, count: int) -> None:
    """So many people whose check-in is due in the same minute."""
    for first in range(1, count + 1, CHUNK):
        chats = range(first, min(first + CHUNK, count + 1))
        async with writing(engine) as session:
            await session.execute(
                insert(User),
                [{"chat_id": chat, "consented_at": DUE, "created_at": DUE} for chat in chats],
            )
            await session.execute(
                insert(ScheduleRow),
                [
                    {
                        "chat_id": chat, "kind": CHECKIN, "about": "", "local_time": "20:30",
                        "days": ",".join(WEEK), "zone": DEFAULT_ZONE, "next_at": DUE,
                        "enabled": True, "unanswered": 0,
                    }
                    for chat in chats
                ],
            )  # fmt: skip


async def claim(engine: AsyncEngine, cipher: Cipher, batch: int) -> tuple[float, Counter[str]]:
    """Claim all that is due; the seconds it took, and what became of it."""
    nudges = Nudges(engine, cipher, load(), lambda: DUE, asyncio.Event(), at_most=None)
    counts: Counter[str] = Counter()
    start = time.perf_counter()
    more = True
    while more:
        claimed, more = await nudges.step(batch)
        counts += Counter({str(name): count for name, count in claimed.items()})
    return time.perf_counter() - start, counts


@contextmanager
def telegram() -> Iterator[str]:
    """A Telegram of our own; its address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.telegram_server"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdout is not None  # noqa: S101
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.communicate("")


class Counting:
    """A bot that remembers when each message was taken."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self.taken: list[float] = []

    async def send_message(self, *args: Any, **options: Any) -> Any:
        """As python-telegram-bot's."""
        message = await self._bot.send_message(*args, **options)
        self.taken.append(time.perf_counter())
        return message


@asynccontextmanager
async def sending(app: App, bot: Bot, a_second: float | None) -> AsyncIterator[Counting]:
    """The nudge loop and the sender at work."""
    counting = Counting(bot)
    waiting = WAITING_AT_MOST if a_second else UNLIMITED_WAITING
    nudges = Nudges(
        app.engine, app.cipher, app.content, app.clock, app.conversation.on_replies, waiting
    )
    sender = Sender(
        counting,  # type: ignore[arg-type]
        app.engine, app.cipher, app.conversation, app.clock, a_second,
    )  # fmt: skip
    tasks = [asyncio.create_task(nudges.run()), asyncio.create_task(sender.run())]
    try:
        yield counting
    finally:
        nudges.stop()
        await sender.stop()
        await asyncio.gather(*tasks)


async def talk(app: App, numbers: Iterator[int], times: int) -> list[float]:
    """Let chats write one after another; the milliseconds of each turn."""
    took = []
    for at in range(times):
        chat = FIRST_TALKER + at % TALKERS
        start = time.perf_counter()
        inbound = read_text(LINES[at // TALKERS % len(LINES)])
        await app.conversation.store([(next(numbers), chat, inbound)])
        app.conversation.wake(chat)
        await app.conversation.settle()
        took.append(1000 * (time.perf_counter() - start))
        await asyncio.sleep(PAUSE)
    return took


async def send(app: App, seconds: float) -> None:
    """Send at the limit while chats are answered, then without it."""
    numbers = itertools.count(1)
    async with writing(app.engine) as session:
        for chat in range(FIRST_TALKER, FIRST_TALKER + TALKERS):
            user = await Chats(session, app.cipher).ensure_user(chat, app.clock())
            user.country, user.consented_at = "NL", app.clock()
    with telegram() as address:
        alone = await talk(app, numbers, ALONE)
        ours = build(TOKEN, address).bot
        async with ours:
            async with sending(app, ours, MESSAGES_A_SECOND) as counting:
                busy = time.process_time()
                # Half of the time nobody writes: what sending costs by itself.
                await asyncio.sleep(seconds / 2)
                share = (time.process_time() - busy) / (seconds / 2)
                meanwhile = await talk(app, numbers, round(seconds / 2 / PAUSE))
            taken = counting.taken
            settled = [moment for moment in taken if moment > taken[0] + 2]
            rate = (len(settled) - 1) / (settled[-1] - settled[0])
            print(f"{len(taken)} sent: {rate:.2f} a second after the first two,"
                  f" {share:.0%} of a core")  # fmt: skip
            before, after = statistics.median(alone), statistics.median(meanwhile)
            print(f"a turn: {before:.1f} ms alone, {after:.1f} ms meanwhile ({after / before:.2f})")
            start = time.perf_counter()
            async with sending(app, ours, None) as counting:
                await asyncio.sleep(UNLIMITED_SECONDS)
                loop_rate = len(counting.taken) / (time.perf_counter() - start)
        print(f"without the limit: {loop_rate:.0f} a second, through database and outbox")
        theirs = await default(address)
        print(f"python-telegram-bot alone, default transport: {theirs:.0f} a second")


async def default(address: str) -> float:
    """Messages a second of python-telegram-bot as it comes, without any database."""
    waiting = iter(range(DEFAULT_MESSAGES))
    bot = Bot(TOKEN, base_url=f"{address}/bot")

    async def sender() -> None:
        for chat in waiting:
            await bot.send_message(chat + 1, "Hoe was je dag?")

    async with bot:
        start = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(TASKS)))
        return DEFAULT_MESSAGES / (time.perf_counter() - start)


async def run(options: argparse.Namespace, folder: Path) -> None:
    """Fill, claim, send."""
    url = options.database or f"sqlite+aiosqlite:///{folder}/nudges.db"
    await upgrade(url)
    engine, cipher = make_engine(url), Cipher([Fernet.generate_key()])
    await fill(engine, options.count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if options.send:
        settings = read_settings()
        dialogue = load_dialogue(settings, options.model)
        changed = {"data_dir": folder, "database_url": url, "merge_seconds": 0.0}
        started = time.monotonic()

        def clock() -> datetime:
            return DUE + timedelta(seconds=time.monotonic() - started)

        async with running(settings.model_copy(update=changed), clock, dialogue) as app:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            await send(app, options.send)
    else:
        processor = time.process_time()
        seconds, counts = await claim(engine, cipher, options.batch)
        claimed = ", ".join(f"{number} {name}" for name, number in counts.items())
        tell(
            Figure(
                f"{engine.dialect.name}: check-ins claimed and queued",
                f"{claimed} in {seconds:.1f} s, {options.count / seconds:.0f} a second; "
                f"{time.process_time() - processor:.1f} s of processor",
            )
        )
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"memory: {after / 1024:.0f} MB, {(after - before) / 1024:.0f} of them for this")
    await engine.dispose()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--database")
    parser.add_argument("--send", type=float, default=0)
    parser.add_argument("--model", type=Path, help="default: the one of the present sources")
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(parser.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()
