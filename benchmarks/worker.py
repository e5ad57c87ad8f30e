"""A process that has one of the two assistants loaded and answers messages, for stock_rasa.py.

It prints one line when it is ready, then for each line of JSON that comes in (a text and
its sender) the milliseconds that the turn took, and at the end its peak memory in MB.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"

READY = "ready"
# ru_maxrss counts KB on Linux and bytes on macOS.
RSS_UNIT = 1024**2 if sys.platform == "darwin" else 1024

# Answers a text of a sender.
Answer = Callable[[str, int], Awaitable[None]]
# Whether the conversation with a sender was stored: a turn that was not is no turn.
Stored = Callable[[int], Awaitable[bool]]


async def stock(model: Path, folder: Path, stack: AsyncExitStack) -> tuple[Answer, Stored]:
    """Rasa as its manual runs it: an Agent with Rasa's own tracker store, on SQLite."""
    from rasa.core.agent import Agent
    from rasa.core.tracker_store import SQLTrackerStore
    from rasa.shared.core.domain import Domain

    store = SQLTrackerStore(Domain.empty(), dialect="sqlite", db=str(folder / "stock.db"))
    agent = Agent.load(model, tracker_store=store)

    async def answer(text: str, sender: int) -> None:
        await agent.handle_text(text, sender_id=str(sender))

    async def stored(sender: int) -> bool:
        # An Agent hides that its store fails, and goes on in memory.
        return await store.retrieve(str(sender)) is not None

    return answer, stored


async def ours(model: Path, folder: Path, stack: AsyncExitStack) -> tuple[Answer, Stored]:
    """TeVoet's whole turn on SQLite: inbox, decision, skills, outbox, taken for sending."""
    from bot.bootstrap import load_dialogue, running
    from bot.conversation.inbound import read_text
    from bot.db.repositories import Trackers
    from bot.db.session import reading
    from bot.settings import read_settings
    from bot.terminal import TerminalChat

    settings = read_settings().model_copy(
        update={"data_dir": folder, "database_url": f"sqlite+aiosqlite:///{folder / 'ours.db'}"}
    )
    dialogue = load_dialogue(settings, model)
    app = await stack.enter_async_context(running(settings, dialogue=dialogue))
    chats: dict[int, TerminalChat] = {}

    async def answer(text: str, sender: int) -> None:
        if sender not in chats:
            chats[sender] = TerminalChat(app, chat_id=sender)
            await chats[sender].onboard("NL")
        await chats[sender].does(read_text(text), text)

    async def stored(sender: int) -> bool:
        async with reading(app.engine) as session:
            _, tracker = await Trackers(session, app.cipher).load(sender)
        return tracker is not None

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
            before = time.perf_counter()
            await answer(message["text"], message["sender"])
            milliseconds = (time.perf_counter() - before) * 1000
            if not await stored(message["sender"]):
                raise RuntimeError(f"{which} did not store a turn")
            print(milliseconds, flush=True)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / RSS_UNIT, flush=True)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))
