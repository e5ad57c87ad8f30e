"""During the play: a line of the user, hints, and every way to stand still and go on."""

from __future__ import annotations

from bot.conversation.understanding import Understanding
from bot.roleplay.engine import Beat, last_said, move
from bot.roleplay.play import SURE, Moment, Utterance
from bot.roleplay.scenario import STYLES, Read, Style
from bot.roleplay.weigh import NAMED
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from bot.skills.roleplay.choosing import issue
from bot.skills.roleplay.looking import ended
from bot.skills.roleplay.table import (
    ISSUE,
    OVER,
    PLAYING,
    Table,
    filled,
    opened,
    put,
    spoken,
    with_buttons,
    withheld,
)
from nlu.reading import Reader, Reading

# What a line may be besides a line of the conversation.
ELSEWHERE = frozenset({"out_of_scope", "smalltalk", "bot_challenge"})
ELSEWHERE_FROM = 0.50
# Small talk is often a question: this sure it is not one to the other.
CLEARLY_ELSEWHERE = 0.85
# Who is lost for words is given time.
LOST, LOST_FROM = "unsure", 0.50
# Longer than anybody says in one breath: the rest is not kept.
LINE_UP_TO = 500
# The order in which something is missed in a line.
TRY: tuple[Read, ...] = ("event", "feeling", "need", "request")
# In its first scenes a conversation is about what happened.
EVENT_IN_SCENES = 2


async def line(turn: TurnContext, argument: str = "") -> list[Reply]:
    """What was typed goes to the other in the play."""
    table = await opened(turn)
    if table is None or table.stage == OVER:
        return [await turn.say("roleplay_gone")]
    if set(turn.understanding.crisis["flags"]) & set(table.scenario.unsafe_when):
        await turn.roleplays.pause(turn.chat_id, asked=True)
        return [await turn.say("roleplay_flagged")]
    text = " ".join(turn.texts)
    if table.stage == ISSUE:
        return await issue(turn, table, text)
    return await _answered(turn, table, move(table.case, table.play, _heard(turn, table, text)))


async def unheard(turn: TurnContext, argument: str = "") -> list[Reply]:
    """A voice message or picture: nothing is lost, in the play or out of it."""
    table = await opened(turn)
    if table is None or table.stage != PLAYING:
        return [await turn.say("roleplay_unheard")]
    beat = move(table.case, table.play, Utterance("", "other", aside="silences"))
    replies = await _answered(turn, table, beat)
    return [await turn.say("roleplay_unheard"), *replies]


def _heard(turn: TurnContext, table: Table, text: str) -> Utterance:
    """The line with its style and with what it does."""
    understanding = turn.understanding
    reading = Reader.load().read(text, last_said(table.case, table.play) or "")
    told = (understanding.style or {}).get("name")
    style: Style = next((style for style in STYLES if style == told), "other")
    sure = float((understanding.style or {}).get("score", 1.0))
    if table.case.styles[style].trust < 0 and sure < SURE:
        # What may be a reproach, or may not, is not held against anybody.
        style = "other"
    does = frozenset(read for read in (*TRY, "answer") if read in reading.does)
    aside = "silences" if reading.empty else None
    if aside is None and not does & NAMED:
        aside = _aside(understanding, style, reading, answers="answer" in does)
    return Utterance(text[:LINE_UP_TO], style, does, aside, sure)


def _aside(
    understanding: Understanding, style: Style, reading: Reading, *, answers: bool
) -> str | None:
    """Whether a line that names nothing is off topic, or no line at all."""
    meant, sure = understanding.intent, understanding.confidence
    if style == "other":
        if meant == LOST and sure >= LOST_FROM:
            return "silences"
        elsewhere = meant in ELSEWHERE and sure >= ELSEWHERE_FROM
        return "asides" if elsewhere or not reading.spoken else None
    elsewhere = meant in ELSEWHERE and sure >= CLEARLY_ELSEWHERE
    return "asides" if style == "open_question" and elsewhere and not answers else None


async def _answered(turn: TurnContext, table: Table, beat: Beat) -> list[Reply]:
    """The other's answer and where it leads."""
    if beat.ending:
        return await ended(turn, table, beat)
    table = await put(turn, PLAYING, beat.play)
    replies = await spoken(turn, table, beat.reply)
    if beat.aside and not replies:
        replies.append(await turn.say("roleplay_listens", name=table.name))
    if beat.scene and beat.scene.setting:
        setting = filled(turn.content, table.play, beat.scene.setting)
        replies.append(await turn.say("roleplay_setting", setting=setting))
        replies += await spoken(turn, table, beat.opening)
    else:
        replies = await spoken(turn, table, beat.reply, beat.opening) or replies
    # Without a style nothing true can be said about the line.
    if beat.moment and table.play.coach and turn.understanding.style:
        replies.append(await hint(turn, table, beat.moment))
    return with_buttons(turn, table, replies)


async def hint(turn: TurnContext, table: Table, moment: Moment) -> Reply:
    """One short hint: what the line was, why it did what it did, or what could be added."""
    said = [await turn.say(f"coach_{moment.style}")]
    reasons = [reason for reason in moment.reasons if reason != moment.style]
    missing = _missing(table, moment)
    if reasons:
        said.append(await turn.say(f"coach_because_{reasons[0]}"))
    elif moment.style == "gentle_startup" and missing:
        said.append(await turn.say(f"coach_try_{missing}"))
    words = " ".join(reply.text for reply in said)
    if moment.change > 0:
        return await turn.say("hint_up", hint=words, name=table.name)
    return await turn.say(
        "hint_down" if moment.change < 0 else "hint_same", hint=words, name=table.name
    )


def _missing(table: Table, moment: Moment) -> Read | None:
    """What could be added to a line; who answers the other is not asked what happened."""
    first = {scene.id for scene in table.case.seat.scenes[:EVENT_IN_SCENES]}
    tells = "answer" in moment.reads or "feeling" in moment.reads
    wanted = [read for read in TRY if read != "event" or (moment.scene in first and not tells)]
    return next((read for read in wanted if read not in moment.reads), None)


async def example(turn: TurnContext, argument: str = "") -> list[Reply]:
    """Something that could be said here; it costs nothing to look."""
    table = await _under_way(turn)
    if table is None:
        return [await turn.say("roleplay_gone")]
    text = filled(turn.content, table.play, table.case.seat.scene(table.play.scene).example)
    return with_buttons(turn, table, [await turn.say("roleplay_example", example=text)])


async def coach(turn: TurnContext, argument: str) -> list[Reply]:
    """Hints on or off."""
    table = await _under_way(turn)
    if table is None:
        return [await turn.say("roleplay_gone")]
    on = argument == "on"
    table = await put(turn, PLAYING, table.play.model_copy(update={"coach": on}))
    return with_buttons(turn, table, [await turn.say("coach_on" if on else "coach_off")])


async def stop(turn: TurnContext, argument: str = "") -> list[Reply]:
    """Out of the play at once; it can be taken up again."""
    table = await opened(turn)
    if table is None or table.stage == OVER:
        return [await turn.say("stopped")]
    if table.stage == ISSUE:
        await turn.roleplays.drop(turn.chat_id)
        return [await turn.say("stopped")]
    await turn.roleplays.pause(turn.chat_id, asked=True)
    return [await turn.say("roleplay_stopped")]


async def too_much(turn: TurnContext, argument: str = "") -> list[Reply]:
    """It comes too close: the play stands still, and the user comes first."""
    await turn.roleplays.pause(turn.chat_id, asked=True)
    return [await turn.say("roleplay_paused")]


async def after(turn: TurnContext, argument: str = "") -> list[Reply]:
    """Something was typed right after the end: say that it is over, and how to go on."""
    table = await opened(turn)
    if table is None or table.stage != OVER:
        return [await turn.say("go_on")]
    return [await turn.say("roleplay_after", name=table.name)]


async def waits(turn: TurnContext, argument: str = "") -> list[Reply]:
    """Something was typed while the play stands still: ask once whether to go on."""
    table = await opened(turn)
    if table is None or table.stage in (ISSUE, OVER):
        await turn.roleplays.drop(turn.chat_id)
        return [await turn.say("go_on")]
    if withheld(turn, table.scenario, table.play.relation):
        await turn.roleplays.drop(turn.chat_id)
        return [await turn.say("go_on")]
    await turn.roleplays.pause(turn.chat_id, asked=True)
    return [await turn.say("roleplay_waits", name=table.name)]


async def resume(turn: TurnContext, argument: str = "") -> list[Reply]:
    """Go on where it stood still, with what the other said last."""
    table = await opened(turn)
    if table is None or table.stage in (ISSUE, OVER):
        return [await turn.say("roleplay_gone")]
    if withheld(turn, table.scenario, table.play.relation):
        return [await turn.say("roleplay_unsafe")]
    if not table.play.said:
        # It stood still before it began: what it is about is still to be said.
        await put(turn, ISSUE, table.play)
        return [await turn.say("roleplay_issue", name=turn.content.other(table.play.relation))]
    table = await put(turn, PLAYING, table.play)
    scene = table.case.seat.scene(table.play.scene)
    title = await turn.say("roleplay_resumed", title=filled(turn.content, table.play, scene.title))
    last = await spoken(turn, table, last_said(table.case, table.play))
    return with_buttons(turn, table, [title, *last])


async def _under_way(turn: TurnContext) -> Table | None:
    table = await opened(turn)
    return None if table is None or table.stage in (ISSUE, OVER) else table
