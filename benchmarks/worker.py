"""A process that has one of the two assistants loaded and answers messages, for stock_rasa.py.

It prints one line when it is ready, then for each line of JSON that comes in (a text and
its sender) the milliseconds that the turn took and those that processors worked on it, and
at the end its peak memory in MB.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

from bot import logs

os.environ["RASA_TELEMETRY_ENABLED"] = "false"

READY = "ready"
# So many conversations at most.
SENDERS = 100
# ru_maxrss counts KB on Linux and bytes on macOS.
RSS_UNIT = 1024**2 if sys.platform == "darwin" else 1024

# Answers a text of a sender.
Answer = Callable[[str, int], Awaitable[None]]
# Whether what was answered a sender was stored: else the turn was none. Not part of its time.
Stored = Callable[[int], Awaitable[bool]]


async def stock(model: Path, folder: Path, stack: AsyncExitStack) -> tuple[Answer, Stored]:
    """Rasa as its manual runs it: an Agent with Rasa's own tracker store, on SQLite."""
    from rasa.core.agent import Agent
    from rasa.core.tracker_store import SQLTrackerStore
    from rasa.shared.core.domain import Domain

    # A whole address as the host: from parts it makes one that SQLAlchemy 2 does not take.
    store = SQLTrackerStore(Domain.empty(), host=f"sqlite:///{folder / 'stock.db'}")
    agent = Agent.load(model, tracker_store=store)

    async def answer(text: str, sender: int) -> None:
        await agent.handle_text(text, sender_id=str(sender))

    async def stored(sender: int) -> bool:
        # An Agent hides that its store fails, and goes on in memory.
        return await store.retrieve(str(sender)) is not None

    return answer, stored


async def ours(model: Path, folder: Path, stack: AsyncExitStack) -> tuple[Answer, Stored]:
    """TeVoet on SQLite, the way a message goes: inbox, drain, turn, until replies can be sent."""
    from bot.bootstrap import load_dialogue, running
    from bot.conversation.inbound import read_text
    from bot.db.repositories import Chats, Outbox
    from bot.db.session import writing
    from bot.settings import read_settings

    settings = read_settings().model_copy(
        update={
            "data_dir": folder,
            "database_url": f"sqlite+aiosqlite:///{folder / 'ours.db'}",
            # Waiting for more text is no work.
            "merge_seconds": 0.0,
        }
    )
    dialogue = load_dialogue(settings, model)
    app = await stack.enter_async_context(running(settings, dialogue=dialogue))
    update_ids = itertools.count(1)
    async with writing(app.engine) as session:
        for sender in range(1, SENDERS + 1):
            user = await Chats(session, app.cipher).ensure_user(sender, app.clock())
            user.country, user.consented_at = "NL", app.clock()

    async def answer(text: str, sender: int) -> None:
        await app.conversation.store([(next(update_ids), sender, read_text(text))])
        app.conversation.wake(sender)
        await app.conversation.on_replies.wait()

    async def stored(sender: int) -> bool:
        await app.conversation.settle()
        app.conversation.on_replies.clear()
        async with writing(app.engine) as session:
            outbox = Outbox(session, app.cipher)
            replies = await outbox.replies(sender)
            for item_id, _ in replies:
                await outbox.mark_sent(item_id, None)
        return all("failed" not in reply["keys"] for _, reply in replies) and bool(replies)

    return answer, stored


async def work(which: str, model: Path, folder: Path) -> None:
    """Load, then answer what comes in until the input ends.

    Raises:
        RuntimeError: a turn was not stored, so that its time would mean nothing.
    """
    async with AsyncExitStack() as stack:
        answer, stored = await {"stock": stock, "ours": ours}[which](model, folder, stack)
        print(READY, flush=True)
        for line in sys.stdin:
            message = json.loads(line)
            before, worked = time.perf_counter(), time.process_time()
            await answer(message["text"], message["sender"])
            times = time.perf_counter() - before, time.process_time() - worked
            if not await stored(message["sender"]):
                raise RuntimeError(f"{which} did not store a turn")
            print(*(seconds * 1000 for seconds in times), flush=True)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / RSS_UNIT, flush=True)


if __name__ == "__main__":
    # Rasa's log would quote every message, on standard output, and cost time.
    logs.configure("ERROR")
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
