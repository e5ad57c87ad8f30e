"""Going through an exercise, one question at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.db.repositories import EXERCISE
from bot.exercises import engine
from bot.skills import reminders
from bot.skills.context import TurnContext
from bot.skills.exercises import keeping
from bot.skills.exercises.table import (
    Table,
    erase,
    open_table,
    question,
    store,
    table_at,
    table_of,
    tied,
    withheld,
)
from bot.skills.reply import Reply

LONGEST_ANSWER = 1500
SIDES = {"hurt": "hurt", "breaker": "breaker", "both": "hurt"}


async def start(turn: TurnContext, exercise_id: str) -> list[Reply]:
    """Begin the exercise of a tip; one that was begun before can go on."""
    exercise = turn.content.exercises.get(exercise_id)
    if exercise is None:
        return [await turn.say("button_past")]
    begun = table_of(await turn.exercises.unfinished(turn.chat_id, exercise_id), turn)
    if begun:
        said = await turn.say("exercise_begun", title=exercise.title)
        return [Reply(said.keys, said.text, tied(said.buttons, begun.id))]
    replies, _ = await start_with(turn, exercise_id, {})
    return replies


async def start_with(
    turn: TurnContext, exercise_id: str, answers: Mapping[str, str]
) -> tuple[list[Reply], int | None]:
    """Begin an exercise with answers at hand, which may be left as they are.

    Args:
        turn: the turn.
        exercise_id: of the exercise.
        answers: by step; an option by its label.

    Returns:
        The replies, and the exercise's row; None when a red flag withholds it.
    """
    relation, other = turn.slots.get("relation"), turn.slots.get("other")
    if withheld(exercise_id, relation, turn):
        return [await turn.say("no_safe_tip")], None
    begun = engine.begin(turn.content.exercises[exercise_id], turn.side, relation, other)
    sitting = replace(begun, answers=answers)
    row_id = await turn.exercises.add(turn.chat_id, exercise_id, sitting.as_json(), turn.now)
    table = table_of(await turn.exercises.get(turn.chat_id, row_id), turn)
    return (await _begin(turn, table) if table else []), row_id


async def _begin(turn: TurnContext, table: Table) -> list[Reply]:
    exercise, sitting = table.exercise, table.sitting
    if _side_is_asked(table):
        return [await _side_question(turn, table)]
    intro = table.words(exercise.intro.words(sitting.side, sitting.relation), turn)
    begin = await turn.say(
        "exercise_begin", title=exercise.title, intro="{intro}", minutes=str(exercise.minutes)
    )
    # The intro is HTML already.
    first = Reply(begin.keys, begin.text.replace("{intro}", intro))
    return [first, await question(turn, table)]


async def again(turn: TurnContext, row_id: str) -> list[Reply]:
    """Throw away what was begun and begin anew."""
    table = await table_at(turn, row_id)
    if table is None or table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    await turn.exercises.erase(turn.chat_id, table.kept.id)
    return await start(turn, table.kept.exercise_id)


async def side(turn: TurnContext, argument: str) -> list[Reply]:
    """Who was hurt or who did it; asked only when the talk did not tell."""
    name, _, row_id = argument.partition(":")
    table = await table_at(turn, row_id)
    if table is None or name not in SIDES or table.sitting.side or table.sitting.trail:
        return [await turn.say("button_past")]
    table = table.at(replace(table.sitting, side=SIDES[name]))
    await store(turn, table)
    return await _begin(turn, table)


async def answer(turn: TurnContext, argument: str) -> list[Reply]:
    """What was typed, as the answer to what is asked."""
    table = await open_table(turn)
    if table is None:
        return [await turn.say("exercise_gone")]
    text = turn.text.strip()
    sitting = table.sitting
    if _side_is_asked(table):
        side_again = await _side_question(turn, table)
        pick = await turn.say("exercise_pick")
        return [Reply((*pick.keys, *side_again.keys), pick.text, side_again.buttons)]
    asked = await question(turn, table)
    if len(text) > LONGEST_ANSWER:
        return [await turn.say("exercise_long")]
    further = engine.answer(table.exercise, sitting, text)
    if further == sitting:
        if not table.exercise.steps[sitting.asked or ""].options:
            # The same words once more, as an answer to a question that was changed.
            return [asked]
        pick = await turn.say("exercise_pick")
        return [Reply((*pick.keys, *asked.keys), pick.text, asked.buttons)]
    return await _further(turn, table.at(further))


async def typed_press(turn: TurnContext) -> str | None:
    """The button under the question whose label somebody typed instead of pressing it."""
    table = await open_table(turn)
    if table is None:
        return None
    asked = await (_side_question if _side_is_asked(table) else question)(turn, table)
    wanted = _folded(turn.text)
    return next((b.press for row in asked.buttons for b in row if _folded(b.label) == wanted), None)


def _side_is_asked(table: Table) -> bool:
    sitting = table.sitting
    return table.exercise.asks_side and sitting.side is None and sitting.relation != "self"


async def _side_question(turn: TurnContext, table: Table) -> Reply:
    said = await turn.say("exercise_side")
    return Reply(said.keys, said.text, tied(said.buttons, table.id))


def _folded(text: str) -> str:
    return text.strip(" .!").casefold()


async def _further(turn: TurnContext, table: Table) -> list[Reply]:
    """To the next question, or to what came out of it; a red flag lets it stand still."""
    if withheld(table.kept.exercise_id, table.sitting.relation, turn):
        await store(turn, table, waiting=False)
        return [await turn.say("no_safe_tip")]
    await store(turn, table)
    if table.sitting.asked:
        return [await question(turn, table)]
    turn.finished_exercise = table.kept.id
    if table.kept.finished_at:
        return await keeping.shown(turn, table, "exercise_changed")
    return await keeping.shown(turn, table, "exercise_done")


async def _asked(turn: TurnContext, argument: str) -> tuple[Table, str] | None:
    """The exercise of a button under a question, with the rest; None when that is not asked now."""
    row_id, _, rest = argument.partition(":")
    name, _, rest = rest.partition(":")
    table = await table_at(turn, row_id)
    return (table, rest) if table and table.sitting.asked == name else None


async def option(turn: TurnContext, argument: str) -> list[Reply]:
    """A button that answers."""
    found = await _asked(turn, argument)
    if found is None:
        return [await turn.say("button_past")]
    table, number = found
    options = table.exercise.steps[table.sitting.asked or ""].options
    if not number.isdecimal() or len(number) > 2 or int(number) >= len(options):
        return [await turn.say("button_past")]
    label = options[int(number)].label
    return await _further(turn, table.at(engine.answer(table.exercise, table.sitting, label)))


async def same(turn: TurnContext, argument: str) -> list[Reply]:
    """Leave an answer of before as it is, and go on."""
    found = await _asked(turn, argument)
    if found is None:
        return [await turn.say("button_past")]
    table, _ = found
    words = table.sitting.answers.get(table.sitting.asked or "", "")
    return await _further(turn, table.at(engine.answer(table.exercise, table.sitting, words)))


async def skip(turn: TurnContext, argument: str) -> list[Reply]:
    """Leave a question open."""
    found = await _asked(turn, argument)
    if found is None:
        return [await turn.say("button_past")]
    table, _ = found
    return await _further(turn, table.at(engine.skip(table.exercise, table.sitting)))


async def back(turn: TurnContext, argument: str) -> list[Reply]:
    """To the question before."""
    found = await _asked(turn, argument)
    if found is None:
        return [await turn.say("button_past")]
    table, _ = found
    return await _further(turn, table.at(engine.back(table.sitting)))


async def pause(turn: TurnContext, argument: str) -> list[Reply]:
    """Let it rest; all that was written stays."""
    table = await table_at(turn, argument.partition(":")[0])
    if table is None or table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    await store(turn, table, waiting=False)
    said = await turn.say("exercise_paused")
    return [Reply(said.keys, said.text, tied(said.buttons, table.id))]


async def tomorrow(turn: TurnContext, row_id: str) -> list[Reply]:
    """Come back to it tomorrow, by a message."""
    table = await table_at(turn, row_id)
    if table is None or table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    return [await reminders.in_days(turn, EXERCISE, table.id, 1)]


async def stop(turn: TurnContext, argument: str) -> list[Reply]:
    """Stop, by button or in words: keep what is there or throw it away."""
    row_id = argument.partition(":")[0]
    table = await (table_at(turn, row_id) if row_id else open_table(turn))
    if table is None:
        return [await turn.say("exercise_gone")]
    if table.kept.finished_at:
        return await keeping.left_as_it_is(turn, table)
    if not engine.answered(table.exercise, table.sitting):
        await erase(turn, table)
        return [await turn.say("exercise_dropped")]
    await store(turn, table, waiting=False)
    said = await turn.say("exercise_stopped")
    return [Reply(said.keys, said.text, tied(said.buttons, table.id))]


async def go(turn: TurnContext, row_id: str) -> list[Reply]:
    """Go on where it stood still: the one of a button, else the last one."""
    table = (
        await table_at(turn, row_id)
        if row_id
        else table_of(await turn.exercises.unfinished(turn.chat_id), turn)
    )
    if table is None:
        return await keeping.listed(turn, "") if not row_id else [await turn.say("exercise_gone")]
    if table.kept.finished_at:
        return await keeping.open_(turn, row_id)
    if withheld(table.kept.exercise_id, table.sitting.relation, turn):
        return [await turn.say("no_safe_tip")]
    await store(turn, table)
    await turn.schedules.remove(turn.chat_id, EXERCISE, table.id)
    if not table.sitting.trail:
        return await _begin(turn, table)
    said = await turn.say("exercise_resumed", title=table.exercise.title)
    return [said, await question(turn, table)]


async def waits(turn: TurnContext, argument: str) -> list[Reply]:
    """Somebody is back after a while: go on, or something else?"""
    table = await open_table(turn)
    if table is None:
        return [await turn.say("exercise_gone")]
    await turn.exercises.set_aside(turn.chat_id)
    said = await turn.say("exercise_waits", title=table.exercise.title)
    return [Reply(said.keys, said.text, tied(said.buttons, table.id))]


async def later(turn: TurnContext, argument: str) -> list[Reply]:
    """Not now: it stays where it is."""
    return [await turn.say("exercise_later")]


async def keep(turn: TurnContext, row_id: str) -> list[Reply]:
    """Keep what was written so far as it is."""
    table = await table_at(turn, row_id)
    if table is None:
        return [await turn.say("exercise_gone")]
    if not table.kept.finished_at:
        table = table.at(engine.finish(table.sitting))
        await store(turn, table)
        await turn.schedules.remove(turn.chat_id, EXERCISE, table.id)
    return await keeping.shown(turn, table, "exercise_opened")


async def drop(turn: TurnContext, row_id: str) -> list[Reply]:
    """Throw away what was not finished."""
    table = await table_at(turn, row_id)
    if table is None or table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    await erase(turn, table)
    return [await turn.say("exercise_dropped")]
