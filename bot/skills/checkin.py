"""The check-in itself: a score, a feeling, a note, and the small step of a tip."""

from __future__ import annotations

from datetime import timedelta

from bot.content import Button
from bot.db.models import CheckinEntry
from bot.db.repositories import CHECKIN
from bot.nudges.moments import local
from bot.nudges.outcomes import UNANSWERED_BEFORE_ASKING
from bot.skills.context import TurnContext
from bot.skills.planning import plan
from bot.skills.reply import Reply

LOW_TO, MID_TO = 3, 6
# So much above or below the mean of the last scores is up or down.
TREND_OVER, TREND_FROM = 3, 2.0
STEP_ASKED_WITHIN = timedelta(days=2)
OFFER_AT = frozenset({1, 3})
SCORES = ((0, 1, 2, 3), (4, 5, 6, 7), (8, 9, 10))
LONGEST_NOTE = 2000
# The buttons that are about one check-in.
ABOUT_ENTRY = tuple(
    f"checkin:{verb}"
    for verb in ("score", "feel", "skip", "step", "edit", "rescore", "refeel", "unnote", "erase")
)


async def heard_from(turn: TurnContext, acted: bool) -> None:
    """Somebody reacted: nudges keep, or get back, their rhythm; danger ends a check-in.

    Args:
        turn: any turn of somebody who gave consent.
        acted: the user said or pressed something.
    """
    if acted and turn.facts.unanswered:
        row = await turn.schedules.get(turn.chat_id, CHECKIN)
        if row is not None:
            row.unanswered = 0
            if turn.facts.unanswered > UNANSWERED_BEFORE_ASKING and row.enabled:
                plan(row, turn.now)
    if turn.facts.checkin and turn.understanding.crisis["level"] != "none":
        entry = await turn.entries.get(turn.chat_id, turn.facts.checkin.entry_id)
        if entry is not None:
            entry.stage = "done"


async def start(turn: TurnContext) -> list[Reply]:
    """A new check-in; a score that was typed with the wish to start counts at once."""
    await turn.entries.drop_unscored(turn.chat_id)
    day = local(turn.now, turn.facts.zone).date()
    entry = await turn.entries.start(turn.chat_id, day, turn.now)
    answered = turn.slots.get("answer") or ""
    if answered.startswith("score:"):
        return await score(turn, entry, answered.partition(":")[2])
    return [await ask_score(turn, entry)]


async def answer(turn: TurnContext) -> list[Reply]:
    """A typed answer to what the check-in under way asked."""
    under_way = turn.facts.checkin
    entry = await turn.entries.get(turn.chat_id, under_way.entry_id) if under_way else None
    if entry is None:
        return [await turn.say("button_past")]
    what, _, value = (turn.slots.get("answer") or "").partition(":")
    match what:
        case "score":
            return await score(turn, entry, value)
        case "feel":
            return await feel(turn, entry, value)
        case "step":
            return await step(turn, entry, value)
        case "skip":
            return await skip(turn, entry)
        case _:
            turn.entries.write_note(entry, turn.text[:LONGEST_NOTE])
            return await _after_note(turn, entry)


async def ask_score(turn: TurnContext, entry: CheckinEntry) -> Reply:
    """Which score; a button each."""
    rows = tuple(
        tuple(Button(label=str(n), press=f"checkin:score:{n}:{entry.id}") for n in row)
        for row in SCORES
    )
    return await turn.say("checkin_score", buttons=rows)


async def score(turn: TurnContext, entry: CheckinEntry, value: str) -> list[Reply]:
    """A score: said back as it fits the trend; what was scored before is changed."""
    if not value.isdecimal() or not 0 <= int(value) <= 10:
        return [await turn.say("button_past")]
    first, entry.score = entry.score is None, int(value)
    if not first:
        return [await turn.say("checkin_changed")]
    entry.stage = "feeling"
    said = await turn.say(f"checkin_{band(entry.score)}_{await _trend(turn, entry)}")
    return [said, await ask_feeling(turn, entry)]


async def ask_feeling(turn: TurnContext, entry: CheckinEntry) -> Reply:
    """Which feeling; a button each."""
    return await turn.say("checkin_feeling", buttons=of_entry(turn, "checkin_feeling", entry))


async def feel(turn: TurnContext, entry: CheckinEntry, value: str) -> list[Reply]:
    """A feeling."""
    if value not in feelings(turn):
        return [await turn.say("button_past")]
    entry.feeling = value
    if entry.stage != "feeling":
        return [await turn.say("checkin_changed")]
    entry.stage = "note"
    buttons = of_entry(turn, "checkin_note", entry)
    return [await turn.say("checkin_note", buttons=buttons)]


async def skip(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    """No note."""
    if entry.stage != "note":
        return [await turn.say("button_past")]
    return await _after_note(turn, entry)


async def step(turn: TurnContext, entry: CheckinEntry, value: str) -> list[Reply]:
    """Whether the small step was tried; never a reproach when it was not."""
    if entry.stage != "step" or value not in {"yes", "no"}:
        return [await turn.say("button_past")]
    entry.step_done = value == "yes"
    said = await turn.say("checkin_step_done" if entry.step_done else "checkin_step_open")
    return [said, await _close(turn, entry)]


def band(value: int) -> str:
    """Low, mid or high."""
    return "low" if value <= LOW_TO else "mid" if value <= MID_TO else "high"


def feelings(turn: TurnContext) -> dict[str, str]:
    """The words for feelings, by their id."""
    return {
        button.press.rpartition(":")[2]: button.label
        for row in turn.content.messages["checkin_feeling"].buttons
        for button in row
    }


def of_entry(turn: TurnContext, key: str, entry: CheckinEntry) -> tuple[tuple[Button, ...], ...]:
    """A message's buttons, each with the check-in it is about: so an old one still works."""
    return tuple(
        tuple(
            Button(
                label=b.label,
                press=f"{b.press}:{entry.id}" if b.press.startswith(ABOUT_ENTRY) else b.press,
            )
            for b in row
        )
        for row in turn.content.messages[key].buttons
    )


async def _trend(turn: TurnContext, entry: CheckinEntry) -> str:
    """Up, down or same, beside the mean of the last scores."""
    before = [e.score for e in await turn.entries.latest(turn.chat_id, TREND_OVER, entry.id)]
    scores = [value for value in before if value is not None]
    if not scores or entry.score is None:
        return "same"
    change = entry.score - sum(scores) / len(scores)
    return "up" if change >= TREND_FROM else "down" if change <= -TREND_FROM else "same"


async def _after_note(turn: TurnContext, entry: CheckinEntry) -> list[Reply]:
    """Ask about the step of a recent tip, once; else this was it."""
    if (tip_id := await _step_to_ask(turn, entry)) is None:
        return [await _close(turn, entry)]
    entry.stage, entry.step_tip = "step", tip_id
    title = turn.content.tip_by_id[tip_id].title
    buttons = of_entry(turn, "checkin_step", entry)
    return [await turn.say("checkin_step", buttons=buttons, title=title)]


async def _step_to_ask(turn: TurnContext, entry: CheckinEntry) -> str | None:
    given = turn.facts.given[0] if turn.facts.given else None
    if given is None or given.tip_id not in turn.content.tip_by_id:
        return None
    if not timedelta(0) < entry.started_at - given.given_at <= STEP_ASKED_WITHIN:
        return None
    earlier = await turn.entries.latest(turn.chat_id, TREND_OVER, entry.id)
    asked = any(e.step_tip == given.tip_id and e.started_at > given.given_at for e in earlier)
    return None if asked else given.tip_id


async def _close(turn: TurnContext, entry: CheckinEntry) -> Reply:
    """The end: after a low score something to hold on to, else short."""
    entry.stage = "done"
    if entry.score is not None and entry.score <= LOW_TO:
        return await turn.say("checkin_done_low", buttons=of_entry(turn, "checkin_done_low", entry))
    if not turn.facts.checkins:
        count = len(await turn.entries.latest(turn.chat_id, max(OFFER_AT) + 1))
        if count in OFFER_AT:
            buttons = of_entry(turn, "checkin_done_ask_time", entry)
            return await turn.say("checkin_done_ask_time", buttons=buttons)
    return await turn.say("checkin_done", buttons=of_entry(turn, "checkin_done", entry))
