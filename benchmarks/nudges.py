"""How fast a hundred thousand due check-ins are claimed: `python -m benchmarks.nudges`.

Claims all that is due at once, in the batches of the real loop, without the outbox's limit; prints
seconds, rows a second and the largest memory. `--database` names an empty database; the
default is a new SQLite file. `--send SECONDS` then sends for so long to a Telegram that
takes everything, at the real limit of 30 a second, and prints the rate and the share of a core.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import load
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import ScheduleRow, User
from bot.db.repositories import CHECKIN
from bot.db.session import make_engine, writing
from bot.nudges.loop import Nudges
from bot.telegram.sender import Sender
from nlu.facts import DEFAULT_ZONE
from nlu.schedule import WEEK

DUE = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
CHUNK = 5_000


class Telegram:
    """Takes every message after a moment."""

    def __init__(self) -> None:
        self.sent: list[float] = []

    async def send_message(self, chat_id: int, text: str, **options: Any) -> Any:
        """As the real one."""
        await asyncio.sleep(0.05)
        self.sent.append(time.perf_counter())

        class Message:
            message_id = len(self.sent)

        return Message


class Bell:
    """What rings when something waits in the outbox."""

    def __init__(self) -> None:
        self.on_replies = asyncio.Event()


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


async def send(engine: AsyncEngine, cipher: Cipher, seconds: float, a_second: float) -> None:
    """Run the loop and the sender for a while and print how it went."""
    started = time.monotonic()

    def clock() -> datetime:
        return DUE + timedelta(seconds=time.monotonic() - started)

    bell, telegram = Bell(), Telegram()
    nudges = Nudges(engine, cipher, load(), clock, bell.on_replies)
    sender = Sender(telegram, engine, cipher, bell, clock, a_second)  # type: ignore[arg-type]
    tasks = [asyncio.create_task(nudges.run()), asyncio.create_task(sender.run())]
    busy = time.process_time()
    await asyncio.sleep(seconds)
    busy = time.process_time() - busy
    nudges.stop()
    await sender.stop()
    await asyncio.gather(*tasks)
    # The first second is the bucket's own: it starts full.
    settled = [moment for moment in telegram.sent if moment > telegram.sent[0] + 2]
    span = settled[-1] - settled[0]
    print(
        f"sent {len(telegram.sent)} in {seconds:.0f} s: {(len(settled) - 1) / span:.2f} a second"
        f" after the first two, {busy / seconds:.0%} of a core"
    )


async def run(options: argparse.Namespace, folder: Path) -> None:
    """Fill, claim, send."""
    url = options.database or f"sqlite+aiosqlite:///{folder}/nudges.db"
    await upgrade(url)
    engine, cipher = make_engine(url), Cipher([Fernet.generate_key()])
    await fill(engine, options.count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if options.send:
        await send(engine, cipher, options.send, options.rate)
    else:
        processor = time.process_time()
        seconds, counts = await claim(engine, cipher, options.batch)
        print(f"{engine.dialect.name}: {dict(counts)} in {seconds:.1f} s, "
              f"{options.count / seconds:.0f} a second; "
              f"{time.process_time() - processor:.1f} s of processor")  # fmt: skip
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
    parser.add_argument("--rate", type=float, default=30)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(parser.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()
