"""What came out of exercises: listed, opened, changed and erased, one by one."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.content import Button
from bot.exercises import engine
from bot.skills.context import TurnContext
from bot.skills.exercises import table as tables
from bot.skills.exercises.table import Table, question, store, table_at, table_of, tied, withheld
from bot.skills.reply import Reply

ON_A_PAGE = 8
LABEL = 26


async def listed(turn: TurnContext, argument: str) -> list[Reply]:
    """The user's exercises: those not finished first, then the newest."""
    offset = int(argument) if argument.isdecimal() and len(argument) < 6 else 0
    kept = await turn.exercises.listed(turn.chat_id, offset, ON_A_PAGE + 1)
    tables = [table for row in kept[:ON_A_PAGE] if (table := table_of(row, turn))]
    if not tables and not offset:
        return [await turn.say("exercises_none")]
    rows = [(await _entry(turn, table),) for table in tables]
    if len(kept) > ON_A_PAGE:
        more = turn.content.messages["exercises_more"].buttons[0][0]
        rows.append((Button(label=more.label, press=f"{more.press}:{offset + ON_A_PAGE}"),))
    said = await turn.say("exercises_list")
    return [Reply(said.keys, said.text, (*rows, *said.buttons))]


async def _entry(turn: TurnContext, table: Table) -> Button:
    if table.kept.finished_at is None:
        said = await turn.say("exercise_unfinished", title=table.exercise.label)
        return Button(label=said.text, press=f"exercise:go:{table.id}")
    day = _day(turn, table.kept.finished_at)
    said = await turn.say("exercise_from", title=table.exercise.label, day=day)
    return Button(label=said.text, press=f"exercise:open:{table.id}")


async def choose(turn: TurnContext, argument: str) -> list[Reply]:
    """Every exercise that is safe here, a button each."""
    relation = turn.slots.get("relation")
    rows = tuple(
        (Button(label=exercise.label, press=f"exercise:start:{name}"),)
        for name, exercise in turn.content.exercises.items()
        if not withheld(name, relation, turn)
    )
    if not rows:
        return [await turn.say("no_safe_tip")]
    return [await turn.say("exercises_choose", buttons=rows)]


async def open_(turn: TurnContext, row_id: str) -> list[Reply]:
    """Show one again."""
    table = await table_at(turn, row_id)
    if table is None or not table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    return await left_as_it_is(turn, table)


async def left_as_it_is(turn: TurnContext, table: Table) -> list[Reply]:
    """Show one, with nothing being changed in it any more."""
    if table.sitting.changing:
        table = table.at(engine.back(table.sitting))
        await store(turn, table)
    return await shown(turn, table, "exercise_opened")


async def shown(turn: TurnContext, table: Table, last: str) -> list[Reply]:
    """What the user made, and a last word with the buttons.

    Args:
        turn: the turn.
        table: the exercise.
        last: the message that closes it.
    """
    exercise, sitting = table.exercise, table.sitting
    day = _day(turn, table.kept.finished_at or turn.now)
    head = await turn.say("exercise_result", title=exercise.title, day=day)
    parts = []
    for heading, template in engine.outcome(exercise, sitting):
        text = table.words(template, turn)
        if heading:
            said = await turn.say("exercise_part", heading=heading, words="{words}")
            text = said.text.replace("{words}", text)
        parts.append(Reply((), text))
    closing = table.words(exercise.closing.words(sitting.side, sitting.relation), turn)
    if not parts:
        last = "exercise_empty"
    said = await _closed(turn, last, closing)
    # Telegram's longest message holds a few answers; join() puts together what fits.
    return [head, *parts, Reply(said.keys, said.text, tied(said.buttons, table.id))]


async def _closed(turn: TurnContext, last: str, closing: str) -> Reply:
    if last == "exercise_done":
        said = await turn.say("exercise_done", closing="{closing}")
        return Reply(said.keys, said.text.replace("{closing}", closing), said.buttons)
    if last == "exercise_changed":
        return await turn.say("exercise_changed")
    if last == "exercise_empty":
        return await turn.say("exercise_empty")
    return await turn.say("exercise_opened")


async def edit(turn: TurnContext, row_id: str) -> list[Reply]:
    """Which part to change: a button for each answer that can be."""
    table = await table_at(turn, row_id)
    if table is None or not table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    answers = engine.answered(table.exercise, table.sitting)
    rows = tuple(
        (Button(label=_label(answers[name]), press=f"exercise:change:{table.id}:{name}"),)
        for name in engine.changeable(table.exercise, table.sitting)
    )
    said = await turn.say("exercise_edit")
    return [Reply(said.keys, said.text, (*rows, *tied(said.buttons, table.id)))]


async def change(turn: TurnContext, argument: str) -> list[Reply]:
    """Ask one answer anew."""
    row_id, _, name = argument.partition(":")
    table = await table_at(turn, row_id)
    if table is None or not table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    if withheld(table.kept.exercise_id, table.sitting.relation, turn):
        return [await turn.say("no_safe_tip")]
    table = table.at(engine.change(table.exercise, table.sitting, name))
    if not table.sitting.changing:
        return [await turn.say("button_past")]
    await store(turn, table)
    return [await question(turn, table)]


async def erase(turn: TurnContext, row_id: str) -> list[Reply]:
    """Ask once before one is erased."""
    table = await table_at(turn, row_id)
    if table is None:
        return [await turn.say("exercise_gone")]
    said = await turn.say("exercise_erase", title=table.exercise.title)
    return [Reply(said.keys, said.text, tied(said.buttons, table.id))]


async def erased(turn: TurnContext, row_id: str) -> list[Reply]:
    """Erase one, and nothing else."""
    table = await table_at(turn, row_id)
    if table is None:
        return [await turn.say("exercise_gone")]
    await tables.erase(turn, table)
    return [await turn.say("exercise_erased")]


def _day(turn: TurnContext, moment: datetime) -> str:
    return moment.astimezone(ZoneInfo(turn.facts.zone)).strftime("%d-%m-%Y")


def _label(answer: str) -> str:
    """An answer as the label of a button."""
    line = " ".join(answer.split())
    return line if len(line) <= LABEL else line[: LABEL - 3].rstrip() + "..."
