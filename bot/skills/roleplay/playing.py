"""During the play: a line of the user, hints, and every way to stand still and go on."""

from __future__ import annotations

from bot.roleplay.engine import Beat, last_said, move
from bot.roleplay.play import Moment, Utterance
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
from nlu.reading import Reader

# What a line may be besides a line of the conversation.
ELSEWHERE = frozenset({"out_of_scope", "smalltalk", "bot_challenge"})
ELSEWHERE_FROM = 0.50
# Longer than anybody says in one breath: the rest is not kept.
LINE_UP_TO = 500
# The order in which something is missed in a line.
TRY: tuple[Read, ...] = ("event", "feeling", "need", "request")


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
    aside = None
    if reading.empty:
        aside = "silences"
    elif style == "other" and not reading.does & NAMED:
        elsewhere = understanding.intent in ELSEWHERE and understanding.confidence >= ELSEWHERE_FROM
        aside = "asides" if elsewhere or not reading.spoken else None
    does = frozenset(read for read in (*TRY, "answer") if read in reading.does)
    return Utterance(text[:LINE_UP_TO], style, does, aside)


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
    missing = [read for read in TRY if read not in moment.reads]
    if reasons:
        said.append(await turn.say(f"coach_because_{reasons[0]}"))
    elif moment.style == "gentle_startup" and missing:
        said.append(await turn.say(f"coach_try_{missing[0]}"))
    words = " ".join(reply.text for reply in said)
    if moment.change > 0:
        return await turn.say("hint_up", hint=words, name=table.name)
    return await turn.say(
        "hint_down" if moment.change < 0 else "hint_same", hint=words, name=table.name
    )


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
