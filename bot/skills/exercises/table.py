"""The exercise on the table: loaded, asked, stored, and its buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.content import Button
from bot.db.repositories import EXERCISE, KeptExercise
from bot.db.repositories.exercises import DONE, OPEN, PAUSED
from bot.exercises.engine import Sitting, answered
from bot.exercises.exercise import Exercise
from bot.skills.context import TurnContext
from bot.skills.reply import Reply

# Telegram makes a button's text smaller rather than wrap it: two short ones fit side by side.
SIDE_BY_SIDE = 15
Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """An exercise of this chat, with where the user is in it."""

    kept: KeptExercise
    exercise: Exercise
    sitting: Sitting

    @property
    def id(self) -> str:
        """The row, as buttons name it."""
        return str(self.kept.id)

    def at(self, sitting: Sitting) -> Table:
        """The same exercise, further on."""
        return replace(self, sitting=sitting)

    def words(self, template: str, turn: TurnContext, *, quoted: bool = False) -> str:
        """A text of the exercise with the answers and the other filled in, as HTML."""
        other = turn.content.other(self.sitting.relation, self.sitting.other)
        values = answered(self.exercise, self.sitting, quoted=quoted)
        values |= {"other": other, "Other": other[:1].upper() + other[1:]}
        return turn.fill(template, **values)


def table_of(kept: KeptExercise | None, turn: TurnContext) -> Table | None:
    """A stored exercise as it is done today; None when it is gone."""
    exercise = turn.content.exercises.get(kept.exercise_id) if kept else None
    if kept is None or exercise is None:
        return None
    return Table(kept, exercise, Sitting.from_json(kept.sitting, exercise))


async def table_at(turn: TurnContext, row_id: str) -> Table | None:
    """The exercise that a button names; None when it is gone or another chat's."""
    # A forged number may be one that no database can hold.
    if not row_id.isdecimal() or len(row_id) > 18:
        return None
    return table_of(await turn.exercises.get(turn.chat_id, int(row_id)), turn)


async def open_table(turn: TurnContext) -> Table | None:
    """The exercise that waits for an answer."""
    return table_of(await turn.exercises.open(turn.chat_id), turn)


def withheld(exercise_id: str, relation: str | None, turn: TurnContext) -> bool:
    """Whether a red flag withholds an exercise, seen from whom the exercise is about."""
    flags = turn.facts.red_flags(relation) | set(turn.understanding.crisis["flags"])
    return turn.content.withholds(flags, "exercises", exercise_id)


async def store(turn: TurnContext, table: Table, *, waiting: bool = True) -> None:
    """Write where the user is.

    Args:
        turn: the turn.
        table: the exercise.
        waiting: it waits for an answer now; else it stands still.
    """
    finished = table.kept.finished_at or (turn.now if table.sitting.done else None)
    asleep = DONE if finished else PAUSED
    state = OPEN if waiting and table.sitting.asked else asleep
    await turn.exercises.save(
        turn.chat_id, table.kept.id, state, table.sitting.as_json(), turn.now, finished
    )


async def question(turn: TurnContext, table: Table) -> Reply:
    """What is asked now, with its buttons."""
    exercise, sitting = table.exercise, table.sitting
    name = sitting.asked or exercise.first
    step = exercise.steps[name]
    text = table.words(step.ask.words(sitting.side, sitting.relation), turn, quoted=True)
    rows: list[tuple[Button, ...]] = []
    if name in sitting.answers:
        earlier = await turn.say("exercise_same", answer=_as_read(exercise, sitting, name))
        text += "\n\n" + earlier.text
        rows += tied(earlier.buttons, table.id, name)
    rows += option_rows(table, name)
    if not sitting.changing:
        rows += _controls(turn, table, name)
    return Reply((f"exercise.{table.kept.exercise_id}.{name}",), text, tuple(rows))


def option_rows(table: Table, name: str) -> list[tuple[Button, ...]]:
    """The options of a step, short ones side by side."""
    buttons = [
        Button(label=option.label, press=f"exercise:option:{table.id}:{name}:{number}")
        for number, option in enumerate(table.exercise.steps[name].options)
    ]
    if any(len(button.label) > SIDE_BY_SIDE for button in buttons):
        return [(button,) for button in buttons]
    return [tuple(buttons[start : start + 2]) for start in range(0, len(buttons), 2)]


def tied(rows: Sequence[Sequence[Button]], *arguments: str) -> Rows:
    """A message's buttons, each with what it is about: so an old one does nothing else."""
    tail = ":".join(("", *arguments))
    return tuple(
        tuple(
            button
            if button.press.endswith((":list", ":choose"))
            else Button(label=button.label, press=button.press + tail)
            for button in row
        )
        for row in rows
    )


def _controls(turn: TurnContext, table: Table, name: str) -> Rows:
    """Back, skip, pause and stop, as far as they make sense here."""
    useless = set()
    if not table.sitting.trail:
        useless.add("exercise:back")
    if not table.exercise.steps[name].skip:
        useless.add("exercise:skip")
    rows = turn.content.messages["exercise_controls"].buttons
    left = [tuple(button for button in row if button.press not in useless) for row in rows]
    return tied([row for row in left if row], table.id, name)


def _as_read(exercise: Exercise, sitting: Sitting, name: str) -> str:
    """An answer as it is said back, also when it is not on the way yet."""
    seen = replace(sitting, trail=(*sitting.trail, name))
    quoted: Mapping[str, str] = answered(exercise, seen, quoted=True)
    return quoted[name]


async def erase(turn: TurnContext, table: Table) -> None:
    """Erase it, with the message that would come back to it."""
    await turn.exercises.erase(turn.chat_id, table.kept.id)
    await turn.schedules.remove(turn.chat_id, EXERCISE, table.id)
