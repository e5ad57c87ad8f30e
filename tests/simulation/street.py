"""People with check-ins, a time that jumps from one due moment to the next, and accidents."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from sqlalchemy import select, update

from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import OutboxItem, ScheduleRow
from bot.db.repositories import CHECKIN, Chats, Schedules
from bot.db.session import make_engine, writing
from bot.nudges.moments import Rhythm, next_moment
from nlu.facts import ZONES
from nlu.schedule import WEEK
from tests.simulation.worker import work

LATE = timedelta(hours=2)
DAYS = (WEEK, WEEK, WEEK[:5], WEEK[5:], ("mon", "thu"), ("sun",))
# Among them a time that spring leaves out and that autumn has twice.
TIMES = (
    "00:05", "02:30", "06:45", "07:00", "08:00", "08:30", "12:00", "12:30", "15:10", "17:30",
    "19:00", "20:00", "20:30", "21:15", "22:00", "23:55",
)  # fmt: skip


@dataclass(frozen=True)
class Resident:
    """Somebody who wants a check-in.

    Args:
        chat_id: the chat.
        time: on the clock of the zone.
        days: on these days.
        zone: IANA.
        answers: reacts to each nudge; else the bot goes quiet in the end.
    """

    chat_id: int
    time: str
    days: tuple[str, ...]
    zone: str
    answers: bool

    def due_moments(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """When the clock on the wall shows the time, found by looking at it every minute.

        Written apart from bot.nudges.moments, which it checks. A time that a day does not have
        counts an hour later.
        """
        zone = ZoneInfo(self.zone)
        day = first.astimezone(zone).date()
        while day <= last.astimezone(zone).date():
            if WEEK[day.weekday()] in self.days:
                moment = _look(day, self.time, zone) or _look(
                    day, f"{int(self.time[:2]) + 1:02d}{self.time[2:]}", zone
                )
                if moment is not None and first < moment <= last:
                    yield moment
            day += timedelta(days=1)


@cache
def _look(day: date, shown: str, zone: ZoneInfo) -> datetime | None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=3)
    for minute in range(30 * 60):
        moment = start + timedelta(minutes=minute)
        wall = moment.astimezone(zone)
        if wall.date() == day and wall.strftime("%H:%M") == shown:
            return moment
    return None


@dataclass
class Report:
    """What became of each due check-in.

    Args:
        counts: due, sent, late (skipped: nobody was there for two hours), lost (killed between
            marking and sending), quiet (back-off), kills, outages.
        wrong: what should not have happened, in words.
    """

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in self.counts.items())


class Process:
    """One bot process that can be killed and started again."""

    # Forked from a process that has imported what takes long.
    _context = multiprocessing.get_context("forkserver")
    _context.set_forkserver_preload(["bot.content", "bot.nudges.loop", "bot.telegram.sender"])

    def __init__(self, url: str, letters: Path, key: bytes) -> None:
        self._arguments = (url, letters, key)
        self._orders: Connection
        self._told: datetime
        self._process: BaseProcess
        self.start()

    def start(self) -> None:
        self._orders, theirs = self._context.Pipe()
        self._process = self._context.Process(target=work, args=(theirs, *self._arguments))
        self._process.start()
        theirs.close()

    def tell(self, now: datetime) -> None:
        self._told = now
        self._orders.send(now)

    def is_done(self, within: float = 300.0) -> bool:
        """Whether it dealt with the moment it was told last, and not only with one before."""
        while self._orders.poll(within):
            if self._orders.recv() == self._told:
                return True
        return False

    def kill(self) -> None:
        """kill -9, as a machine that loses power."""
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()
        self._orders.close()

    def stop(self) -> None:
        self._orders.close()
        self._process.join(20)


def residents(count: int, chance: random.Random) -> list[Resident]:
    """People in both zones; one in ten never reacts."""
    return [
        Resident(
            chat_id=number,
            time=chance.choice(TIMES),
            days=WEEK if number % 10 == 0 else chance.choice(DAYS),
            zone=list(ZONES.values())[number % 2],
            answers=number % 10 != 0,
        )
        for number in range(1, count + 1)
    ]


async def simulate(
    url: str, folder: Path, start: datetime, days: int, people: int, seed: int
) -> Report:
    """Run two processes over a stretch of time with random kills and outages.

    Args:
        url: an empty database.
        folder: for the file of what arrived.
        start: the first moment.
        days: how long.
        people: how many.
        seed: of everything random.
    """
    chance = random.Random(seed)
    end = start + timedelta(days=days)
    street = residents(people, chance)
    key, letters = Fernet.generate_key(), folder / "letters"
    await upgrade(url)
    engine, cipher = make_engine(url), Cipher([key])
    async with writing(engine) as session:
        for one in street:
            user = await Chats(session, cipher).ensure_user(one.chat_id, start)
            user.consented_at = start
            row = await Schedules(session).add(
                one.chat_id, CHECKIN, "", one.time, one.days, one.zone
            )
            row.enabled = True
            row.next_at = next_moment(Rhythm(one.time, one.days, one.zone), start)

    due = {one.chat_id: list(one.due_moments(start, end)) for one in street}
    report = Report()
    # Moments at which a process surely did all there was, and at which it may have.
    sure: list[datetime] = []
    perhaps: list[datetime] = []
    workers = [Process(url, letters, key) for _ in range(2)]
    answering = [one.chat_id for one in street if one.answers]
    now = start
    moments = sorted({moment for some in due.values() for moment in some})
    while moments:
        now = max(now, moments[0]) + timedelta(seconds=chance.choice((0, 0, 20, 400)))
        if chance.random() < 0.02:
            report.counts["outages"] += 1
            now += timedelta(minutes=chance.choice((30, 119, 121, 600, 1800)))
        if now > end:
            break
        moments = [moment for moment in moments if moment > now]
        for worker in workers:
            worker.tell(now)
        if chance.random() < 0.08:
            victim = chance.choice(workers)
            await asyncio.sleep(chance.random() * 0.03)
            victim.kill()
            report.counts["kills"] += 1
            done = [worker.is_done() for worker in workers if worker is not victim]
            # PostgreSQL holds a dead client's locks for a moment; the loop looks again anyway.
            await asyncio.sleep(0.1)
            now += timedelta(seconds=30)
            for worker in workers:
                if worker is not victim:
                    worker.tell(now)
                    done = [worker.is_done()]
            victim.start()
        else:
            done = [worker.is_done() for worker in workers]
        (sure if any(done) else perhaps).append(now)
        async with writing(engine) as session:
            await session.execute(
                update(ScheduleRow).where(ScheduleRow.chat_id.in_(answering)).values(unanswered=0)
            )
    for worker in workers:
        worker.stop()
    async with writing(engine) as session:
        unsent = {
            (chat, moment)
            for chat, moment in await session.execute(
                select(OutboxItem.chat_id, OutboxItem.turn_id).where(OutboxItem.status != "sent")
            )
        }
    await engine.dispose()
    arrived = _arrived(letters)
    for one in street:
        _judge(one, due[one.chat_id], arrived.get(one.chat_id, []), sure, unsent, now, report)
    return report


def _arrived(letters: Path) -> dict[int, list[datetime]]:
    arrived: dict[int, list[datetime]] = {}
    for line in letters.read_text(encoding="utf-8").splitlines():
        chat, moment = line.split()
        arrived.setdefault(int(chat), []).append(datetime.fromisoformat(moment))
    return arrived


def _judge(
    one: Resident,
    due: list[datetime],
    arrived: list[datetime],
    sure: list[datetime],
    unsent: set[tuple[int, int]],
    end: datetime,
    report: Report,
) -> None:
    """Hold what arrived against what was due."""
    counts = report.counts
    matched: Counter[datetime] = Counter()
    for moment in arrived:
        before = [d for d in due if d <= moment <= d + LATE]
        if before:
            matched[before[-1]] += 1
        else:
            report.wrong.append(f"chat {one.chat_id}: {moment} was not due")
    for moment in (d for d in due if d + LATE <= end):
        counts["due"] += 1
        times = matched[moment]
        there = any(moment <= tick <= moment + LATE for tick in sure)
        if times > 1:
            report.wrong.append(f"chat {one.chat_id}: {moment} came {times} times")
        elif times == 1:
            counts["sent"] += 1
        elif (one.chat_id, int(moment.timestamp())) in unsent:
            counts["lost"] += 1
        elif not one.answers:
            counts["quiet"] += 1
        elif not there:
            counts["late"] += 1
        else:
            report.wrong.append(f"chat {one.chat_id}: {moment} never came")
