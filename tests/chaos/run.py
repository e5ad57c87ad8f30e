"""Two runs of the same talks, one of them with everything going wrong, and what differs."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import update

from bot.content import Content
from bot.db.models import ScheduleRow
from bot.db.session import make_engine, writing
from bot.keys import KeyFile
from bot.settings import KEY_FILE
from tests.e2e.process import BotProcess
from tests.e2e.wording import Wording
from tests.emulator import BotMessage, Emulator, TelegramUser, running_emulator
from tests.emulator.payloads import bot_messages

from .bot import OFFSET
from .deeds import Deed, choose, mode_of
from .state import State, help_lines, is_apology, read_once, rows_of
from .trouble import Trouble, set_clock

FIRST_CHAT = 7001
# Longer than all faults of a round together.
SETTLED_WITHIN = 90.0

Make = Callable[[Emulator, dict[str, str]], BotProcess]


@dataclass(frozen=True)
class Plan:
    """How much is said, and how much goes wrong.

    Args:
        chats: how many people.
        rounds: how often each of them does something.
        kills: of the bot, at least.
        seed: of all chance.
        nudges_each: after so many rounds a check-in comes due for everybody who has one.
    """

    chats: int
    rounds: int
    kills: int
    seed: int
    nudges_each: int = 12

    @property
    def messages(self) -> int:
        """All that people do."""
        return self.chats * self.rounds


@dataclass
class Report:
    """What two runs of a plan came to.

    Args:
        table: (what, number) for people to read.
        wrong: what should not have happened, in words.
    """

    table: list[tuple[str, object]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        width = max(len(what) for what, _ in self.table)
        return "\n".join(f"{what:<{width}}  {number}" for what, number in self.table)


async def compared(plan: Plan, make: Make, folder: Path, content: Content) -> Report:
    """Play a plan twice and compare.

    Args:
        plan: how much.
        make: makes a bot that is not started yet, from Telegram and more settings.
        folder: for files of the runs.
        content: all copy.
    """
    began = time.monotonic()
    deeds: list[list[Deed]] = []
    calm = await _play(plan, make, folder, content, deeds, None)
    between = time.monotonic()
    counts: Counter[str] = Counter()
    rough = await _play(plan, make, folder, content, deeds, counts)
    return _report(plan, calm, rough, counts, between - began, time.monotonic() - between)


async def _play(
    plan: Plan,
    make: Make,
    folder: Path,
    content: Content,
    deeds: list[list[Deed]],
    counts: Counter[str] | None,
) -> State:
    """Play all rounds; without counts nothing goes wrong and what people do is written down."""
    clock = folder / f"offset-{'calm' if counts is None else 'rough'}"
    to_noon = _seconds_to_noon()
    set_clock(clock, to_noon)
    async with running_emulator() as telegram:
        bot = make(telegram, {OFFSET: str(clock)})
        people = [TelegramUser(FIRST_CHAT + n, telegram) for n in range(plan.chats)]
        await bot.start()
        stage = _Stage(plan, bot, people, content, clock)
        if counts is not None:
            stage.trouble = Trouble(bot, clock, to_noon, plan.rounds, plan.kills, plan.seed)
        try:
            for number in range(plan.rounds):
                await stage.round(number, deeds)
                if (number + 1) % plan.nudges_each == 0:
                    await stage.nudges()
            state = await stage.left()
        finally:
            bot.kill()
        if stage.trouble is not None and counts is not None:
            counts.update(stage.trouble.counts)
            met = (call for call in telegram.log.calls if call.fault)
            counts.update(f"{call.method}: {call.fault}" for call in met)
        if telegram.violations:
            raise AssertionError(f"Telegram would refuse: {telegram.violations}")
        return state


class _Stage:
    """The people, the bot, and what is going on between them."""

    def __init__(
        self,
        plan: Plan,
        bot: BotProcess,
        people: list[TelegramUser],
        content: Content,
        clock: Path,
    ) -> None:
        self._plan, self._bot, self._people = plan, bot, people
        self._content, self._clock = content, clock
        self.trouble: Trouble | None = None
        self._chance = Random(plan.seed)
        self._updates = 0
        self._nudged: list[int] = []
        # From where to where in what was delivered only nudges came.
        self._nudging: list[tuple[int, int]] = []

    async def round(self, number: int, deeds: list[list[Deed]]) -> None:
        """Everybody does one thing; it ends when all is answered."""
        if self.trouble is None:
            deeds.append([self._decide(place, number) for place in range(len(self._people))])
        async with self._trouble(number):
            for person, deed in zip(self._people, deeds[number], strict=True):
                await (person.presses(deed.what) if deed.press else person.says(deed.what))
                self._updates += 1
            if self.trouble is None:
                await self._settled()
        await self._settled()

    def _decide(self, place: int, number: int) -> Deed:
        received = self._people[place].received()
        # In the other run a nudge may be lost, and its buttons with it.
        after_nudges = number % self._plan.nudges_each == 0
        last = received[-1] if received else None
        return choose(place, number, self._plan.seed, last, not after_nudges)

    @asynccontextmanager
    async def _trouble(self, number: int) -> AsyncIterator[None]:
        async with self.trouble.during(number) if self.trouble else nullcontext():
            yield

    async def nudges(self) -> None:
        """A check-in comes due for everybody who has one; perhaps the bot is killed meanwhile."""
        start = self._people[0].position
        due = await self._make_due()
        if self.trouble and self._chance.random() < 0.5:
            await self.trouble.kill()
        waiting = (
            "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM schedules WHERE enabled AND next_at <= ?)"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE status = 'new')"
        )
        moment = self._now().strftime("%Y-%m-%d %H:%M:%S.%f")
        await self._bot.eventually(waiting, moment, within=SETTLED_WITHIN)
        await asyncio.sleep(0.5)
        for person in self._people:
            if person.chat_id in due:
                self._nudged.append(len(person.received(start)))
        self._nudging.append((start, self._people[0].position))

    async def _make_due(self) -> set[int]:
        engine = make_engine(f"sqlite+aiosqlite:///{self._bot.data_dir / 'tevoet.db'}")
        async with writing(engine) as session:
            changed = await session.scalars(
                update(ScheduleRow)
                .where(ScheduleRow.enabled, ScheduleRow.next_at.is_not(None))
                .values(next_at=self._now() - timedelta(minutes=1))
                .returning(ScheduleRow.chat_id)
            )
            chats = set(changed)
        await engine.dispose()
        return chats

    def _now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._clock.read_text()))

    async def _settled(self) -> None:
        """Wait until all that came in is handled and all that was answered is sent."""
        done = (
            "SELECT 1 WHERE (SELECT count(*) FROM inbox) >= ?"
            " AND NOT EXISTS (SELECT 1 FROM inbox WHERE status = 'new')"
            " AND NOT EXISTS (SELECT 1 FROM outbox WHERE status = 'new')"
        )
        try:
            await self._bot.eventually(done, self._updates, within=SETTLED_WITHIN)
        except AssertionError as error:
            raise AssertionError(f"{error}; the bot's log:\n{self._bot.log[-4000:]}") from None

    async def left(self) -> State:
        """What there is in the end."""
        keys = KeyFile(self._bot.data_dir / KEY_FILE).read()
        state = State(rows=await rows_of(self._bot, keys), nudges=self._nudged)
        for row in self._bot.rows("SELECT update_id, status FROM inbox"):
            state.updates[row["update_id"]] = row["status"]
        # Made once: the lexicon behind them takes a second to load.
        lines, wording = help_lines(self._content), Wording(self._content)
        for person in self._people:
            heard = [
                message
                for place, message in _placed(person)
                if not any(start <= place < end for start, end in self._nudging)
            ]
            queued = [message for message in heard if message.text != lines]
            state.helped_at_once += len(heard) - len(queued)
            answers = [message for message in queued if not is_apology(message, wording)]
            state.apologies += len(queued) - len(answers)
            state.replies[person.chat_id], twice = read_once(answers)
            state.twice += twice
        return state


def _seconds_to_noon() -> float:
    """How wrong a clock has to be that says noon: both runs are far from midnight and 20:30."""
    now = datetime.now(UTC)
    return (now.replace(hour=12, minute=0, second=0, microsecond=0) - now).total_seconds()


def _placed(person: TelegramUser) -> Iterator[tuple[int, BotMessage]]:
    """What a person received, each with its place in all that was delivered."""
    for place, call in enumerate(person.emulator.log.deliveries):
        if call.chat_id == person.chat_id and call.method.startswith("send"):
            for message in bot_messages(call):
                yield place, message


def _report(
    plan: Plan, calm: State, rough: State, counts: Counter[str], quiet: float, loud: float
) -> Report:
    """Count what was lost, what came twice and what differs."""
    report = Report()
    lost = [number for number in calm.updates if rough.updates.get(number) != "handled"]
    differing = [
        f"{table}: only {where}: {line[:300]}"
        for table in calm.rows
        for where, ours, theirs in (
            ("without faults", calm.rows[table], rough.rows[table]),
            ("with faults", rough.rows[table], calm.rows[table]),
        )
        for line in (Counter(ours) - Counter(theirs)).elements()
    ]
    chats = [chat for chat in calm.replies if calm.replies[chat] != rough.replies[chat]]
    modes = Counter(mode_of(place) for place in range(plan.chats))
    report.table = [
        ("messages and presses", plan.messages),
        ("chats", ", ".join(f"{count} {mode}" for mode, count in modes.items())),
        *sorted(counts.items()),
        ("updates lost", len(lost)),
        ("rows that differ", len(differing)),
        ("rows compared", sum(map(len, calm.rows.values()))),
        ("chats whose replies differ", len(chats)),
        ("replies", sum(map(len, calm.replies.values()))),
        ("replies that came twice", rough.twice - calm.twice),
        ("apologies for a failed turn", rough.apologies),
        ("help lines at once, nothing could be stored", rough.helped_at_once),
        ("nudges due", len(rough.nudges)),
        ("nudges lost at a kill", rough.nudges.count(0)),
        ("nudges that came twice", sum(count > 1 for count in rough.nudges)),
        ("seconds without and with faults", f"{quiet:.0f} and {loud:.0f}"),
    ]
    report.wrong += [f"update {number} was not handled" for number in lost]
    report.wrong += differing
    for chat in chats:
        report.wrong.append(
            f"chat {chat}: {_first_difference(calm.replies[chat], rough.replies[chat])}"
        )
    if calm.nudges.count(1) != len(calm.nudges):
        report.wrong.append(f"nudges without faults: {calm.nudges}")
    if any(count > 1 for count in rough.nudges) or len(rough.nudges) != len(calm.nudges):
        report.wrong.append(f"nudges: {rough.nudges}")
    return report


def _first_difference(ours: list[str], theirs: list[str]) -> str:
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return f"reply {number} was {one[:200]!r} and became {other[:200]!r}"
    return f"{len(ours)} replies became {len(theirs)}"
