"""TeVoet's bot process beside a stock Rasa server in one run: `python -m benchmarks.servers`.

Both are processes as somebody would run them, and both are talked to over HTTP: TeVoet by its
webhook, with a Telegram of its own on loopback that takes the answers; Rasa by its REST channel,
with its own SQL tracker store on SQLite. Both get the same messages, one after another in turns.

Ready is when the first message was answered. A turn lasts until the first answer is there. For
the throughput messages of many chats come at once; TeVoet's turns count when they are stored,
because answers leave at Telegram's limit. Memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from aiohttp import ClientSession

from benchmarks.figures import Figure, tell
from benchmarks.processes import CHATS, Ours, Server, Stock, telegram
from benchmarks.stock_project import trained_stock
from benchmarks.stock_rasa import PAUSE, messages
from bot.bootstrap import now, stored
from bot.db.repositories import Chats
from bot.db.session import writing
from bot.settings import read_settings
from bot.training import trained_model

READY_AT_MOST, TURN_AT_MOST, MEMORY_AT_MOST = 1 / 3, 1 / 2, 3 / 4
WARM_UP = 5


async def welcome(folder: Path) -> None:
    """Chats that gave consent, in the database that TeVoet will run on."""
    settings = read_settings(TEVOET_DATA_DIR=folder, DATABASE_URL=f"sqlite:///{folder / 'ours.db'}")
    async with stored(settings) as (engine, cipher), writing(engine) as session:
        for chat_id in range(1, CHATS + 1):
            user = await Chats(session, cipher).ensure_user(chat_id, now())
            user.country, user.consented_at = "NL", now()


async def timed(server: Server, texts: Sequence[str], sender: int | None) -> float:
    """Seconds of one turn, or of a burst when there is no sender."""
    before = time.perf_counter()
    await (server.burst(texts) if sender is None else server.turn(texts[0], sender))
    return time.perf_counter() - before


async def measure(options: argparse.Namespace, stock_model: Path, folder: Path) -> bool:
    """Start both, talk to both, end both; whether the bounds were kept."""
    await welcome(folder)
    texts = messages(WARM_UP + options.turns)
    ready: list[list[float]] = [[], []]
    turns: list[list[float]] = [[], []]
    bursts: list[list[float]] = [[], []]
    async with telegram() as taking, ClientSession() as session:
        both = (Ours(session, taking, folder), Stock(session, stock_model, folder))
        memory = [0.0, 0.0]
        try:
            for start in range(options.starts):
                for at, server in enumerate(both):
                    if start:
                        memory[at] = max(memory[at], await server.end())
                    ready[at].append(await server.start())
            for number, text in enumerate(texts):
                for at, server in enumerate(both):
                    # The threads of the one before are still awake for a moment.
                    await asyncio.sleep(PAUSE)
                    seconds = await timed(server, [text], 1 + number % CHATS)
                    if number >= WARM_UP:
                        turns[at].append(seconds)
            for _ in range(options.bursts):
                for at, server in enumerate(both):
                    await asyncio.sleep(1)
                    bursts[at].append(await timed(server, texts[: options.turns], None))
        finally:
            memory = [
                max(was, await server.end()) for was, server in zip(memory, both, strict=True)
            ]
    if both[1].stored() < len(texts):
        raise RuntimeError("stock Rasa did not store its turns")
    milliseconds = [[1000 * seconds for seconds in each] for each in turns]
    a_second = [[options.turns / seconds for seconds in each] for each in bursts]
    kept = [
        compare("ready to answer", "s", ready, READY_AT_MOST),
        compare("a turn over HTTP", "ms", milliseconds, TURN_AT_MOST),
        compare("turns a second in one process", "", a_second, None),
        compare("peak memory", "MB", [[each] for each in memory], MEMORY_AT_MOST),
    ]
    return all(kept)


def compare(
    name: str, unit: str, measured: Sequence[Sequence[float]], at_most: float | None
) -> bool:
    """Tell the medians of TeVoet and of stock Rasa; whether the bound was kept."""
    ours, stock = (statistics.median(each) for each in measured)
    kept = None if at_most is None else ours / stock <= at_most
    bound = None if at_most is None else f"at most {at_most:.2f}"
    value = f"{ours:.1f} {unit} / {stock:.1f} {unit} = {ours / stock:.2f}".replace("  ", " ")
    tell(Figure(f"{name}: TeVoet / stock Rasa", value, bound, kept))
    return kept is not False


def main() -> int:
    """Read the arguments and run; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description="TeVoet beside a stock Rasa server.")
    parser.add_argument("--epochs", type=int, default=100, help="of stock Rasa's training")
    parser.add_argument("--turns", type=int, default=100, help="messages to each")
    parser.add_argument("--starts", type=int, default=3, help="of each")
    parser.add_argument("--bursts", type=int, default=3, help="to each")
    options = parser.parse_args()
    settings = read_settings()
    if trained_model(settings.models_dir) is None:
        raise SystemExit("train the model first: ./tevoet train")
    stock_model = trained_stock(settings.data_dir / "benchmarks", options.epochs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "models").symlink_to(settings.models_dir.resolve())
        return 0 if asyncio.run(measure(options, stock_model.resolve(), folder)) else 1


if __name__ == "__main__":
    raise SystemExit(main())
