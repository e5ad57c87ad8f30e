"""How long others wait for an answer while one chat sends ten thousand updates.

    python -m benchmarks.flood --updates 10000
    python -m benchmarks.flood --kind press

The bot, its model and its sender run in this process, Telegram in another one. Updates come a
hundred at a time, as Telegram gives them, the flood in front; between two fetches somebody else
writes. What is printed: the seconds from fetch to the answer being taken, without and with the
flood, and what became of the flood. Telegram's limits of sending are off for who waits: only what
the bot itself does is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from telegram import Bot

from bot import logs
from bot.bootstrap import App, load_dialogue, now, running
from bot.conversation.inbound import Inbound, InboundKind, read_text
from bot.db.repositories import Chats
from bot.db.session import writing
from bot.settings import read_settings
from bot.telegram.app import build
from bot.telegram.sender import Sender

from .figures import Figure, tell
from .nudges import LINES, TOKEN, telegram

FETCHED, FLOODER, FIRST_OTHER, OTHERS = 100, 1, 2, 20
BASELINE = 60
PATIENCE = 60.0
KINDS = {
    "text": read_text("hoi, ben je er nog?"),
    "story": read_text(("en toen gebeurde er weer iets en ik weet het niet meer " * 80)[:4096]),
    "press": Inbound(InboundKind.PRESS, "coach:tip"),
}


class Taken:
    """A bot that notes when a chat got its last message, and how many it got."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self.count: dict[int, int] = {}
        self.new = asyncio.Condition()

    async def send_message(self, chat_id: int, *args: Any, **options: Any) -> Any:
        """As python-telegram-bot's."""
        message = await self._bot.send_message(chat_id, *args, **options)
        async with self.new:
            self.count[chat_id] = self.count.get(chat_id, 0) + 1
            self.new.notify_all()
        return message


async def answered(app: App, taken: Taken, numbers: Iterator[int], flood: list[Inbound]) -> float:
    """Fetch one batch, with somebody's line at its end; the seconds until that is answered."""
    at = next(numbers)
    chat = FIRST_OTHER + at % OTHERS
    before = taken.count.get(chat, 0)
    line = read_text(LINES[at % len(LINES)])
    start = time.perf_counter()
    batch = [(next(numbers), FLOODER, inbound) for inbound in flood]
    await app.conversation.store([*batch, (next(numbers), chat, line)])
    app.conversation.wake(FLOODER)
    app.conversation.wake(chat)
    async with taken.new:
        await asyncio.wait_for(
            taken.new.wait_for(lambda: taken.count.get(chat, 0) > before), PATIENCE
        )
    return time.perf_counter() - start


def told(name: str, seconds: list[float]) -> None:
    """Print how long others waited."""
    ordered = sorted(seconds)
    tell(
        Figure(
            f"an answer to somebody else, {name}",
            f"median {statistics.median(seconds):.3f} s, 95 of 100 within "
            f"{ordered[int(0.95 * len(ordered))]:.3f} s, longest {ordered[-1]:.3f} s "
            f"({len(seconds)} answers)",
        )
    )


async def run(options: argparse.Namespace, folder: Path) -> None:
    """Answer others, first in peace, then in the flood."""
    dialogue = load_dialogue(read_settings(), options.model)
    changed = {
        "data_dir": folder,
        "database_url": f"sqlite+aiosqlite:///{folder}/flood.db",
        "merge_seconds": options.merge,
    }
    settings = read_settings().model_copy(update=changed)
    numbers = itertools.count(1)
    with telegram() as address:
        bot = build(TOKEN, address).bot
        async with running(settings, dialogue=dialogue) as app, bot:
            async with writing(app.engine) as session:
                for chat in range(FLOODER, FIRST_OTHER + OTHERS):
                    user = await Chats(session, app.cipher).ensure_user(chat, now())
                    user.country, user.consented_at = "NL", now()
            taken = Taken(bot)
            sender = Sender(
                taken,  # type: ignore[arg-type]
                app.engine, app.cipher, app.conversation, app.clock,
                a_second=None, spacing=timedelta(seconds=1),
            )  # fmt: skip
            sending = asyncio.create_task(sender.run())
            told("alone", [await answered(app, taken, numbers, []) for _ in range(BASELINE)])
            flood = [KINDS[options.kind]] * FETCHED
            start, processor = time.perf_counter(), time.process_time()
            waited = [
                await answered(app, taken, numbers, flood)
                for _ in range(options.updates // FETCHED)
            ]
            told("in the flood", waited)
            seconds = time.perf_counter() - start
            share = (time.process_time() - processor) / seconds
            print(f"{options.updates} updates in {seconds:.1f} s, {share:.0%} of a core; "
                  f"the flooding chat got {taken.count.get(FLOODER, 0)} messages")  # fmt: skip
            await sender.stop()
            await sending
            await app.conversation.stop()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--kind", choices=KINDS, default="text")
    parser.add_argument("--merge", type=float, default=0.0, help="TEVOET_MERGE_SECONDS")
    parser.add_argument("--model", type=Path, help="default: the one of the present sources")
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(parser.parse_args(), Path(folder)))


if __name__ == "__main__":
    main()
