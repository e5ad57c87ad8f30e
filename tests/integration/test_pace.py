"""Telegram's limit holds for all processes of a bot together."""

from __future__ import annotations

import asyncio
import time

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.repositories import SendLimits
from bot.db.session import make_engine, writing
from bot.telegram.pace import Pace

NOW, TENTH = 1_800_000_000_000_000, 100_000
A_SECOND = 60


async def reserve(engine: AsyncEngine, now: int) -> int:
    async with writing(engine) as session:
        return await SendLimits(session).reserve("telegram", now, TENTH)


async def test_stretches_follow_one_another_and_never_lie_in_the_past(engine: AsyncEngine) -> None:
    starts = [await reserve(engine, NOW) for _ in range(3)]
    assert starts == [NOW, NOW + TENTH, NOW + 2 * TENTH]
    later = NOW + 50 * TENTH
    assert await reserve(engine, later) == later


async def test_a_clock_that_was_set_back_stops_nothing(engine: AsyncEngine) -> None:
    await reserve(engine, NOW)
    an_hour_ago = NOW - 3_600_000_000
    assert await reserve(engine, an_hour_ago) == an_hour_ago


async def test_two_processes_together_keep_the_limit(engine: AsyncEngine) -> None:
    """Each with connections of its own, as processes have."""
    other = make_engine(engine.url.render_as_string(hide_password=False))
    sent: list[float] = []

    async def send_all(pace: Pace, count: int) -> None:
        for _ in range(count):
            await pace.wait()
            sent.append(time.perf_counter())

    await asyncio.gather(
        send_all(Pace(engine, A_SECOND), A_SECOND), send_all(Pace(other, A_SECOND), A_SECOND)
    )
    await other.dispose()
    took = max(sent) - min(sent)
    assert took == pytest.approx(2.0, rel=0.15)
    # Nor does any one second hold more than its share and a portion for each process.
    busiest = max(sum(start <= moment < start + 1 for moment in sent) for start in sent)
    assert busiest <= A_SECOND + 6


async def test_help_lines_go_out_without_a_database() -> None:
    gone = make_engine("sqlite+aiosqlite:////nowhere/at/all.db")
    pace = Pace(gone, A_SECOND)
    async with asyncio.timeout(5):
        for _ in range(7):
            await pace.wait()
    await gone.dispose()
