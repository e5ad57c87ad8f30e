"""A receiver and two workers on one PostgreSQL, as docker-compose.yml runs them, one killed."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from psycopg.rows import dict_row
from sqlalchemy import URL

from tests.databases import new_database
from tests.emulator import Emulator, running_emulator

from .burst import BURST, REPLIES, UPDATES, check_chat, replies_reach
from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording

CHATS = 8
# The worker that sends is killed when so many replies of the burst had reached people.
KILLED_AT = 15
RECEIVES, WORKS, SENDS = "the webhook is set", "the worker is ready", "this worker sends"


@dataclass
class Fleet:
    """The processes, and a look into their database past them."""

    telegram: Emulator
    receiver: BotProcess
    workers: list[BotProcess]
    database: URL

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What stands in the database."""
        address = self.database.set(drivername="postgresql")
        with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
            return connection.cursor(row_factory=dict_row).execute(query, values).fetchall()

    async def eventually(self, query: str, *values: object, within: float) -> None:
        """Wait until a query gives at least one row."""
        deadline = time.monotonic() + within
        while not self.rows(query, *values):
            assert time.monotonic() < deadline, f"never: {query} {values}"
            await asyncio.sleep(0.1)

    def sends(self, worker: BotProcess) -> bool:
        """Whether a worker was the one that sends, of late."""
        return SENDS in worker.log


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def database(postgres: str) -> Iterator[URL]:
    """An empty database; the processes make the tables themselves, all at once."""
    with new_database(postgres) as url:
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def fleet(make_bot: Callable[..., BotProcess], database: URL) -> AsyncIterator[Fleet]:
    """A receiver and two workers, with a Telegram of their own."""
    port = free_port()
    settings = {
        "TEVOET_ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "WEBHOOK_URL": f"http://127.0.0.1:{port}/hook",
        "WEBHOOK_SECRET": secrets.token_urlsafe(32),
        "WEBHOOK_PORT": str(port),
    }
    url = database.set(drivername="postgresql").render_as_string(hide_password=False)
    async with running_emulator() as telegram:

        def make(command: str, ready: str) -> BotProcess:
            return make_bot(
                telegram, database_url=url, command=command, ready=ready, settings=settings
            )

        receiver = make("webhook", RECEIVES)
        workers = [make("worker", WORKS) for _ in range(2)]
        await asyncio.gather(*(process.start() for process in (receiver, *workers)))
        yield Fleet(telegram, receiver, workers, database)
        for process in (receiver, *workers):
            process.kill()
        assert telegram.violations == []
        assert telegram.log.failures() == []


async def test_a_talk_goes_over_all_of_them_and_a_press_is_answered(
    fleet: Fleet, wording: Wording
) -> None:
    person = await Person(fleet.telegram).onboards()
    assert wording.asks(await person.tells("ik voel wantrouwen"))
    wording.a_tip(await person.tells(ANSWER))
    await fleet.telegram.log.until(lambda: not fleet.telegram.chats.queries or None, 5)
    assert fleet.telegram.chats.queries == {}, "a button was left spinning"


async def test_one_worker_sends_for_all(fleet: Fleet) -> None:
    assert sum(fleet.sends(worker) for worker in fleet.workers) == 1


async def test_one_killed_in_a_burst_every_message_is_answered_once_and_in_order(
    fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    people = [Person(fleet.telegram) for _ in range(CHATS)]
    await asyncio.gather(*(person.onboards() for person in people))
    await fleet.eventually(
        "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE status = 'new')", within=10
    )
    start = people[0].position
    [before] = fleet.rows("SELECT max(update_id) AS id FROM inbox")

    for text in BURST:
        await asyncio.gather(*(person.says(text) for person in people))
    await replies_reach(fleet.telegram, start, KILLED_AT)
    [sender] = [worker for worker in fleet.workers if fleet.sends(worker)]
    sender.kill()
    killed, kill = time.monotonic(), people[0].position
    burst = CHATS * len(BURST)
    # The other worker takes over all that the dead one held.
    await fleet.eventually(
        "SELECT 1 FROM outbox WHERE turn_id > %s AND status = 'sent' HAVING count(*) >= %s",
        before["id"],
        burst,
        within=60,
    )
    took = time.monotonic() - killed

    inbox = fleet.rows("SELECT * FROM inbox WHERE update_id > %s", before["id"])
    assert len(inbox) == burst
    assert {row["status"] for row in inbox} == {"handled"}
    doubles = 0
    for person in people:
        updates = fleet.rows(UPDATES.format("%s"), person.chat_id, before["id"])
        replies = fleet.rows(REPLIES.format("%s"), person.chat_id, before["id"])
        doubles += check_chat(person, updates, replies, start, [kill], CHATS)
    assert doubles <= CHATS
    assert fleet.rows("SELECT * FROM jobs.procrastinate_jobs WHERE task_name = 'drain'") == []
    with capsys.disabled():
        print(f"\n{burst} messages, one of two workers killed: all answered after {took:.1f} s, "
              f"{doubles} replies came twice")  # fmt: skip


async def test_what_comes_while_no_worker_runs_is_answered_by_the_next(
    fleet: Fleet, wording: Wording
) -> None:
    person = await Person(fleet.telegram).onboards()
    killed, left = sorted(fleet.workers, key=lambda worker: worker.alive)
    assert await left.stop() == 0
    await person.says("ik voel wantrouwen")
    await fleet.eventually(
        "SELECT 1 FROM inbox WHERE chat_id = %s AND status = 'new'", person.chat_id, within=5
    )
    await killed.start()
    assert wording.asks(await person.reply())
    assert await fleet.receiver.stop() == 0
