"""What the bot did in the last weeks, told so that nobody can be found in it.

A number is told only when at least five people are behind it, and also behind what is left when
it is taken from another number that is told. Totals add up what is told and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.db.encryption import Cipher
from bot.db.repositories import Figures, TipGiven
from bot.db.session import reading

AT_LEAST = 5
WEEKS = 12
FEW, WITHHELD = f"<{AT_LEAST}", "–"


@dataclass(frozen=True, slots=True)
class Cell:
    """A number, or the reason why it is not told."""

    number: int | None
    why: str = ""

    def __str__(self) -> str:
        return self.why if self.number is None else str(self.number)


@dataclass(frozen=True, slots=True)
class TipRow:
    """Tips for one concern: how many were given, of how many somebody said that they helped."""

    concern: str
    given: Cell
    helped: Cell


@dataclass(frozen=True, slots=True)
class Statistics:
    """What is told.

    Args:
        first: the first day, a Monday.
        last: the last day, a Sunday.
        tips: a row for each concern, by its label.
        checkins: for each week, by its Monday.
        plays: role-plays that were finished, by the title of the case.
    """

    first: date
    last: date
    tips: Sequence[TipRow]
    checkins: Mapping[date, Cell]
    plays: Mapping[str, Cell]


def total(cells: Iterable[Cell]) -> Cell:
    """The sum of what is told: it says nothing about what is not."""
    told = [cell.number for cell in cells if cell.number is not None]
    return Cell(sum(told)) if told else Cell(None, WITHHELD)


def cell(chats: Sequence[int]) -> Cell:
    """How often something happened.

    Args:
        chats: whose it was, one for each time.
    """
    return Cell(len(chats)) if len(set(chats)) >= AT_LEAST else Cell(None, FEW)


def tip_row(concern: str, tips: Sequence[TipGiven]) -> TipRow:
    """The numbers for one concern."""
    helped = cell([tip.chat_id for tip in tips if tip.helped])
    rest = cell([tip.chat_id for tip in tips if not tip.helped])
    given = cell([tip.chat_id for tip in tips])
    if helped.number is not None and rest.number is None:
        # Taken from what was given it would tell the rest.
        helped = Cell(None, WITHHELD)
    return TipRow(concern, given, helped)


def period(today: date) -> tuple[date, date]:
    """The last whole weeks: within a week the same question gets the same answer."""
    last = today - timedelta(days=today.weekday() + 1)
    return last - timedelta(days=7 * WEEKS - 1), last


async def gather(
    engine: AsyncEngine, cipher: Cipher, content: Content, now: datetime
) -> Statistics:
    """Count.

    Args:
        engine: the database.
        cipher: opens what is stored.
        content: names concerns and cases.
        now: the moment.

    Raises:
        DecryptionError: a row cannot be read with today's keys.
    """
    first, last = period(now.date())
    since = datetime.combine(first, time(), UTC)
    until = since + timedelta(weeks=WEEKS)
    async with reading(engine) as session:
        figures = Figures(session, cipher)
        tips = await figures.tips(since, until)
        checkins = await figures.checkins(first, last)
        plays = await figures.plays(since, until)
    by_concern: defaultdict[str, list[TipGiven]] = defaultdict(list)
    for tip in tips:
        by_concern[tip.concern or ""].append(tip)
    mondays: dict[date, list[int]] = {first + timedelta(weeks=n): [] for n in range(WEEKS)}
    for chat, day in checkins:
        mondays[day - timedelta(days=day.weekday())].append(chat)
    return Statistics(
        first,
        last,
        [tip_row(item.label, by_concern[name]) for name, item in content.concerns.items()],
        {monday: cell(chats) for monday, chats in mondays.items()},
        {
            scenario.title: cell([chat for chat, case in plays if case == name])
            for name, scenario in content.scenarios.items()
        },
    )
