"""What goes wrong, by chance with a seed: with the network, the process, the disk and the clock."""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from random import Random

from tests.e2e.process import BotProcess
from tests.emulator import (
    Fault,
    dropped,
    duplicated,
    held,
    mixed,
    redelivered,
    server_error,
    slow,
    too_many_requests,
)

# What may happen to a call of the bot, and to a poll.
SENDS: tuple[Callable[[], Fault], ...] = (
    lambda: too_many_requests(1),
    lambda: server_error(500),
    lambda: server_error(502),
    lambda: dropped(),
    lambda: dropped(sent=True),
    lambda: held(1.0, sent=True),
    lambda: slow(0.5),
)
POLLS: tuple[Callable[[], Fault], ...] = (
    duplicated,
    redelivered,
    mixed,
    lambda: server_error(502),
    lambda: dropped(sent=True),
)
# Seconds that the clock jumps: forward by minutes, back by less, as time servers do.
JUMPS = (1200.0, 300.0, 5.0, -5.0, -10.0)
# And how far all jumps together may lead away from where it began.
LONGEST_WAY_OFF = 1500.0


class Trouble:
    """Makes things go wrong in a round.

    Args:
        bot: the process.
        clock: the file that says how wrong its clock is.
        way_off: how wrong it is at first, in seconds.
        rounds: how many there will be.
        kills: so many of them have a kill -9.
        seed: of chance.
    """

    def __init__(
        self, bot: BotProcess, clock: Path, way_off: float, rounds: int, kills: int, seed: int
    ) -> None:
        self._bot, self._clock, self._way_off = bot, clock, way_off
        self._chance = Random(seed)
        self._killed_in = Counter(self._chance.choices(range(rounds), k=kills))
        self._sorts = (self._locked, self._full, self._jump, self._jump)
        self.counts: Counter[str] = Counter()

    @asynccontextmanager
    async def during(self, number: int) -> AsyncIterator[None]:
        """Make things go wrong while the block runs; at its end all faults are over."""
        self._programme()
        doing = asyncio.create_task(self._go_wrong(number))
        try:
            yield
        finally:
            await doing
            self._bot.emulator.faults.clear()

    async def kill(self) -> None:
        """kill -9 at some moment, and a start."""
        await asyncio.sleep(self._chance.uniform(0, 1.2))
        self._bot.kill()
        self.counts["kill -9"] += 1
        await asyncio.sleep(self._chance.uniform(0, 0.3))
        await self._bot.start()

    def _programme(self) -> None:
        for fault in self._chance.sample(SENDS, k=2):
            made = fault()
            nth, times = self._chance.randint(1, 6), self._chance.randint(1, 2)
            self._bot.emulator.faults.add(made, method="sendMessage", nth=nth, times=times)
        made = self._chance.choice(POLLS)()
        self._bot.emulator.faults.add(made, method="getUpdates", nth=self._chance.randint(1, 2))

    async def _go_wrong(self, number: int) -> None:
        async with asyncio.TaskGroup() as together:
            together.create_task(self._kills(self._killed_in[number]))
            if self._chance.random() < 0.8:
                together.create_task(self._chance.choice(self._sorts)())

    async def _kills(self, times: int) -> None:
        for _ in range(times):
            await self.kill()

    async def _locked(self) -> None:
        """Another process holds the database."""
        self.counts["database locked"] += 1
        path = self._bot.data_dir / "tevoet.db"
        await asyncio.to_thread(_hold, path, self._chance.uniform(0.3, 2.0))

    async def _full(self) -> None:
        """No file can grow: each write of the process fails, as on a full disk."""
        self.counts["disk full"] += 1
        with self._bot.limited(resource.RLIMIT_FSIZE, 1):
            await asyncio.sleep(self._chance.uniform(0.3, 2.0))

    async def _jump(self) -> None:
        jump = self._chance.choice(JUMPS)
        offset = float(self._clock.read_text())
        if abs(offset + jump - self._way_off) > LONGEST_WAY_OFF:
            return
        self.counts["clock jumps"] += 1
        await asyncio.sleep(self._chance.uniform(0, 0.5))
        set_clock(self._clock, offset + jump)


def _hold(path: Path, seconds: float) -> None:
    with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)


def set_clock(file: Path, seconds: float) -> None:
    """Say how wrong the clock is; whoever reads meanwhile reads a whole number."""
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(file)
