"""Agreements: kept track of, looked back on, changed, ended and erased.

They are worked out in the exercise of the tip about agreements; this skill takes them over
from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from bot.content import Button
from bot.db.repositories import AGREEMENT, KeptAgreement
from bot.db.repositories.agreements import KEPT, MISSED
from bot.exercises import engine
from bot.sheet import Sheet
from bot.skills import reminders
from bot.skills.context import TurnContext
from bot.skills.exercises import doing
from bot.skills.exercises.table import Table, table_at, tied, withheld
from bot.skills.reply import Reply

EXERCISE = "maak_afspraken"
# The parts of an agreement, by the step of the exercise that each comes from.
PARTS = {
    "who": "wie",
    "about": "waarover",
    "what": "afspraak",
    "do": "wel",
    "dont": "niet",
    "mistrust": "spanning",
}
REVIEW_STEP = "kijken"
REVIEW_AFTER = 7  # days, when the exercise does not say
ON_A_PAGE = 8
LABEL = 26
NUMBER_DIGITS = 18


async def act(turn: TurnContext, action: str) -> list[Reply]:
    """Carry out a step or a press."""
    name, _, argument = action.partition(":")
    return await ACTIONS[name](turn, argument)


async def listed(turn: TurnContext, argument: str) -> list[Reply]:
    """The user's agreements: those that hold first."""
    offset = int(argument) if argument.isdecimal() and len(argument) < 6 else 0
    kept = await turn.agreements.listed(turn.chat_id, offset, ON_A_PAGE + 1)
    if not kept and not offset:
        return [await turn.say("agreements_none")]
    rows = [(await _entry(turn, agreement),) for agreement in kept[:ON_A_PAGE]]
    if len(kept) > ON_A_PAGE:
        more = turn.content.messages["agreements_more"].buttons[0][0]
        rows.append((Button(label=more.label, press=f"{more.press}:{offset + ON_A_PAGE}"),))
    said = await turn.say("agreements_list")
    return [Reply(said.keys, said.text, (*rows, *said.buttons))]


async def _entry(turn: TurnContext, agreement: KeptAgreement) -> Button:
    about = " ".join(agreement.words["about"].split())
    label = about if len(about) <= LABEL else about[: LABEL - 3].rstrip() + "..."
    if agreement.ended:
        # A label is no HTML: the words go in as they are.
        label = _bare(turn, "agreement_label_ended").format(about=label)
    return Button(label=label, press=f"agreement:open:{agreement.id}")


def _bare(turn: TurnContext, key: str) -> str:
    """A text of the content as it stands there, not made HTML."""
    return turn.content.messages[key].variants[0]


async def follow(turn: TurnContext) -> list[Reply]:
    """When an agreement was worked out in this turn: keep track of it, or of its new words."""
    if turn.finished_exercise is None:
        return []
    table = await table_at(turn, str(turn.finished_exercise))
    if table is None or table.kept.exercise_id != EXERCISE or not _words(table):
        return []
    agreement = await turn.agreements.worked_out_in(turn.chat_id, table.kept.id)
    if agreement is None:
        if table.kept.finished_at != turn.now:
            # Something was changed in an old one, which nobody keeps track of.
            return []
        said = await turn.say("agreement_offer")
        return [Reply(said.keys, said.text, tied(said.buttons, table.id))]
    if agreement.ended:
        return []
    review_on = _review_on(turn, table)
    await turn.agreements.change(turn.chat_id, agreement.id, _words(table), review_on, turn.now)
    await reminders.on_day(turn, AGREEMENT, str(agreement.id), review_on)
    return [await turn.say("agreement_changed", day=_day(review_on))]


async def note(turn: TurnContext, exercise_row: str) -> list[Reply]:
    """Keep track of an agreement that was worked out."""
    table = await table_at(turn, exercise_row)
    if table is None or table.kept.exercise_id != EXERCISE or not table.kept.finished_at:
        return [await turn.say("exercise_gone")]
    if agreement := await turn.agreements.worked_out_in(turn.chat_id, table.kept.id):
        return await open_(turn, str(agreement.id))
    words = _words(table)
    if not words:
        return [await turn.say("exercise_gone")]
    review_on = _review_on(turn, table)
    row_id = await turn.agreements.add(turn.chat_id, table.kept.id, words, review_on, turn.now)
    await reminders.on_day(turn, AGREEMENT, str(row_id), review_on)
    return [await turn.say("agreement_noted", day=_day(review_on))]


def _words(table: Table) -> dict[str, str]:
    """The parts of an agreement that were answered; none without the agreement itself."""
    answers = engine.answered(table.exercise, table.sitting)
    words = {part: answers[step] for part, step in PARTS.items() if step in answers}
    return words if {"about", "what"} <= words.keys() else {}


def _review_on(turn: TurnContext, table: Table) -> date:
    step = table.exercise.steps.get(REVIEW_STEP)
    label = table.sitting.answers.get(REVIEW_STEP)
    options = step.options if step else ()
    days = next((option.days for option in options if option.label == label), None)
    return (
        turn.now.astimezone(ZoneInfo(turn.facts.zone)) + timedelta(days=days or REVIEW_AFTER)
    ).date()


async def _found(turn: TurnContext, row_id: str) -> KeptAgreement | None:
    """The agreement that a button names; None when it is gone or another chat's."""
    if not row_id.isdecimal() or len(row_id) > NUMBER_DIGITS:
        return None
    return await turn.agreements.get(turn.chat_id, int(row_id))


async def open_(turn: TurnContext, row_id: str) -> list[Reply]:
    """Show an agreement with how it went."""
    agreement = await _found(turn, row_id)
    if agreement is None:
        return [await turn.say("agreement_gone")]
    parts = [
        await _part(turn, name, agreement.words[name]) for name in PARTS if name in agreement.words
    ]
    if agreement.review_on:
        parts.append(await _part(turn, "review", _day(agreement.review_on)))
    events = []
    for moment, kind in await turn.agreements.history(turn.chat_id, agreement.id):
        what = await turn.say(f"agreement_event_{kind}")
        day = _day(moment.astimezone(ZoneInfo(turn.facts.zone)).date())
        events.append((await turn.say("agreement_event", day=day, what=what.text)).text)
    parts.append(await _part(turn, "history", "\n".join(events)))
    if agreement.ended:
        said = await turn.say("agreement_over")
    else:
        said = await turn.say("agreement_open")
    return [*parts, Reply(said.keys, said.text, tied(said.buttons, row_id))]


async def _part(turn: TurnContext, name: str, words: str) -> Reply:
    heading = await turn.say(f"agreement_{name}")
    said = await turn.say("agreement_part", heading=heading.text, words=words)
    return Reply((), said.text)


async def share(turn: TurnContext, row_id: str) -> list[Reply]:
    """A sheet of paper to print or send on, without how it went: that is the user's own."""
    agreement = await _holding(turn, row_id)
    if agreement is None:
        return [await turn.say("agreement_gone")]
    # Nobody knows any more about whom it is: a red flag about anybody counts.
    if withheld(EXERCISE, None, turn):
        return [await turn.say("no_safe_tip")]
    # On paper words stand as they are: it is no HTML.
    parts = [
        (_bare(turn, f"agreement_{name}"), agreement.words[name])
        for name in PARTS
        if name in agreement.words
    ]
    if agreement.review_on:
        parts.append((_bare(turn, "agreement_review"), _day(agreement.review_on)))
    sheet = Sheet(
        name=_bare(turn, "agreement_sheet_name"),
        title=_bare(turn, "agreement_sheet_title"),
        parts=tuple(parts),
        lines=(_bare(turn, "agreement_sheet_line"),) * 2,
    )
    said = await turn.say("agreement_share")
    return [Reply(said.keys, said.text, tied(said.buttons, row_id), sheet=sheet)]


async def kept(turn: TurnContext, row_id: str) -> list[Reply]:
    """It went as agreed."""
    if (agreement := await _holding(turn, row_id)) is None:
        return [await turn.say("agreement_gone")]
    await turn.agreements.happened(turn.chat_id, agreement.id, KEPT, turn.now)
    said = await turn.say("agreement_kept")
    return [Reply(said.keys, said.text, tied(said.buttons, row_id))]


async def missed(turn: TurnContext, row_id: str) -> list[Reply]:
    """It did not go as agreed; no judgement, and the way to change it."""
    if (agreement := await _holding(turn, row_id)) is None:
        return [await turn.say("agreement_gone")]
    await turn.agreements.happened(turn.chat_id, agreement.id, MISSED, turn.now)
    said = await turn.say("agreement_missed")
    return [Reply(said.keys, said.text, tied(said.buttons, row_id))]


async def _holding(turn: TurnContext, row_id: str) -> KeptAgreement | None:
    agreement = await _found(turn, row_id)
    return None if agreement is None or agreement.ended else agreement


async def change(turn: TurnContext, row_id: str) -> list[Reply]:
    """Work it out anew; what was agreed stands at each question and may stay."""
    agreement = await _holding(turn, row_id)
    if agreement is None:
        return [await turn.say("agreement_gone")]
    replies, exercise_row = await doing.start_with(turn, EXERCISE, _answers(turn, agreement))
    if exercise_row is not None:
        await turn.agreements.rework(turn.chat_id, agreement.id, exercise_row)
    return replies


def _answers(turn: TurnContext, agreement: KeptAgreement) -> dict[str, str]:
    """The words of an agreement as answers to the exercise; an option by its label."""
    steps = turn.content.exercises[EXERCISE].steps
    answers = {}
    for part, step in PARTS.items():
        words, options = agreement.words.get(part), steps[step].options if step in steps else ()
        chosen = next((o.label for o in options if words in (o.label, o.value)), None)
        if words and (chosen or not options):
            answers[step] = chosen or words
    return answers


async def end(turn: TurnContext, row_id: str) -> list[Reply]:
    """Ask once before it ends."""
    if await _holding(turn, row_id) is None:
        return [await turn.say("agreement_gone")]
    said = await turn.say("agreement_end")
    return [Reply(said.keys, said.text, tied(said.buttons, row_id))]


async def ended(turn: TurnContext, row_id: str) -> list[Reply]:
    """It holds no longer; its history can still be read."""
    if (agreement := await _holding(turn, row_id)) is None:
        return [await turn.say("agreement_gone")]
    await turn.agreements.end(turn.chat_id, agreement.id, turn.now)
    await turn.schedules.remove(turn.chat_id, AGREEMENT, str(agreement.id))
    return [await turn.say("agreement_ended")]


async def erase(turn: TurnContext, row_id: str) -> list[Reply]:
    """Ask once before it is erased."""
    if await _found(turn, row_id) is None:
        return [await turn.say("agreement_gone")]
    said = await turn.say("agreement_erase")
    return [Reply(said.keys, said.text, tied(said.buttons, row_id))]


async def erased(turn: TurnContext, row_id: str) -> list[Reply]:
    """Erase one with its history, and nothing else."""
    if (agreement := await _found(turn, row_id)) is None:
        return [await turn.say("agreement_gone")]
    await turn.agreements.erase(turn.chat_id, agreement.id)
    await turn.schedules.remove(turn.chat_id, AGREEMENT, str(agreement.id))
    return [await turn.say("agreement_erased")]


def _day(day: date) -> str:
    return day.strftime("%d-%m-%Y")


ACTIONS: dict[str, Callable[[TurnContext, str], Awaitable[list[Reply]]]] = {
    "list": listed,
    "note": note,
    "open": open_,
    "share": share,
    "kept": kept,
    "missed": missed,
    "change": change,
    "end": end,
    "ended": ended,
    "erase": erase,
    "erased": erased,
}
