"""After the play: what worked, what could be said instead, the curve, and another try."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher

from bot.content import Button
from bot.roleplay.curve import TrustCurve, in_signs
from bot.roleplay.engine import Beat, rewind
from bot.roleplay.play import LEVELS, Moment, level
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from bot.skills.roleplay.table import (
    ISSUE,
    OVER,
    PLAYING,
    Table,
    filled,
    opened,
    plain,
    put,
    quoted,
    spoken,
    with_buttons,
    withheld,
)

TIPS_SHOWN = 2
# So much alike, 0 to 1, the example says what the user said.
SAID_ALREADY = 0.7


async def ended(turn: TurnContext, table: Table, beat: Beat) -> list[Reply]:
    """The last words, what happens then, and the look back."""
    if beat.ending is None:
        return []
    table = await put(turn, OVER, beat.play)
    await turn.roleplays.add_result(turn.chat_id, _result(table), turn.now)
    farewell = await spoken(turn, table, beat.reply, beat.farewell)
    story = filled(turn.content, table.play, beat.ending.story)
    ending = await turn.say("roleplay_ending", title=beat.ending.title, story=story)
    return [*farewell, ending, *await _look(turn, table)]


async def look(turn: TurnContext, argument: str = "") -> list[Reply]:
    """Look back at what was said so far."""
    table = await opened(turn)
    if table is None or table.stage == ISSUE:
        return [await turn.say("roleplay_gone")]
    return await _look(turn, table)


async def rewind_menu(turn: TurnContext, argument: str = "") -> list[Reply]:
    """The moments to go back to."""
    table = await opened(turn)
    if table is None or not table.play.moments:
        return [await turn.say("roleplay_gone")]
    rows = tuple(
        (Button(label=f"{n + 1}. {_title(turn, table, moment)}", press=f"play:back:{n}"),)
        for n, moment in enumerate(table.play.moments)
    )
    return [await turn.say("rewind_menu", buttons=rows)]


async def back(turn: TurnContext, argument: str) -> list[Reply]:
    """Go back to one of the user's lines and try it again."""
    table = await opened(turn)
    number = int(argument) if argument.isascii() and argument.isdecimal() else -1
    if table is None or not 0 <= number < len(table.play.moments):
        return [await turn.say("roleplay_gone")]
    if withheld(turn, table.scenario, table.play.relation):
        return [await turn.say("roleplay_unsafe")]
    beat = rewind(table.case, table.play, number)
    title = _title(turn, table, table.play.moments[number])
    table = await put(turn, PLAYING, beat.play)
    said = [await turn.say("rewound", title=title), *await spoken(turn, table, beat.opening)]
    return with_buttons(turn, table, said)


async def done(turn: TurnContext, argument: str = "") -> list[Reply]:
    """The play is over for the user: their lines are forgotten."""
    await turn.roleplays.drop(turn.chat_id)
    return [await turn.say("roleplay_done")]


def _title(turn: TurnContext, table: Table, moment: Moment) -> str:
    return filled(turn.content, table.play, table.case.seat.scene(moment.scene).title)


def _result(table: Table) -> dict[str, object]:
    """What is kept for the overview: numbers and names, no words of the user."""
    return {
        "scenario": table.play.scenario,
        "seat": table.play.seat,
        "ending": table.play.ending,
        "trust": table.play.trust,
        "styles": dict(Counter(moment.style for moment in table.play.moments if moment.sure)),
        "again": bool(table.play.earlier),
    }


async def _look(turn: TurnContext, table: Table) -> list[Reply]:
    play = table.play
    if not play.moments:
        return [await turn.say("look_nothing"), *await _onward(turn, table)]
    replies = await _best_and_weak(turn, table)
    if play.ending and play.earlier:
        replies.append(await _compared(turn, table))
    curve = await _curve(turn, table)
    onward = await _onward(turn, table)
    # The picture carries the last words and the buttons.
    text = "\n\n".join([curve[0].text, *(reply.text for reply in onward)])
    keys = (*curve[0].keys, *(key for reply in onward for key in reply.keys))
    buttons = onward[-1].buttons
    return [*replies, Reply(keys, text, buttons, picture=curve[1])]


async def _best_and_weak(turn: TurnContext, table: Table) -> list[Reply]:
    """What worked and what could be tried again; of neither only one thing is said."""
    best, weak = await _best(turn, table), await _weak(turn, table)
    if best and weak:
        return [best, weak]
    if best:
        return [best, await turn.say("look_no_weak", name=table.name)]
    return [await turn.say("look_no_best", name=table.name), *([weak] if weak else [])]


async def _best(turn: TurnContext, table: Table) -> Reply | None:
    """The line that did most, when its style is sure enough to praise."""
    helped = [
        m
        for m in table.play.moments
        if m.change > 0 and m.sure and table.case.styles[m.style].helps
    ]
    if not helped:
        return None
    best = max(helped, key=lambda m: (m.change, len(m.reads)))
    why = await turn.say(f"worked_{best.style}")
    return await turn.say("look_best", quote=quoted(best.text), why=why.text)


async def _weak(turn: TurnContext, table: Table) -> Reply | None:
    """The line that cost most, with another way to say it."""
    weak = min(table.play.moments, key=lambda m: (m.change, -m.trust))
    example = filled(turn.content, table.play, table.case.seat.scene(weak.scene).example)
    alike = SequenceMatcher(None, weak.text.casefold(), example.casefold()).ratio()
    if weak.change >= 0 or alike >= SAID_ALREADY:
        return None
    return await turn.say("look_weak", quote=quoted(weak.text), example=example)


async def _compared(turn: TurnContext, table: Table) -> Reply:
    before, seat = table.play.earlier[-1], table.case.seat
    return await turn.say(
        "look_compare",
        before=seat.ending(before.ending).title,
        before_level=await level_name(turn, before.trust),
        now=seat.ending(table.play.ending or "").title,
        now_level=await level_name(turn, table.play.trust),
    )


async def _curve(turn: TurnContext, table: Table) -> tuple[Reply, TrustCurve]:
    play = table.play
    values = _values(play.moments)
    first, last = await level_name(turn, values[0]), await level_name(turn, values[-1])
    signs = in_signs(values)
    if first == last:
        words = await turn.say("look_curve_same", name=table.name, curve=signs, last=last)
    else:
        words = await turn.say("look_curve", name=table.name, curve=signs, first=first, last=last)
    title = await turn.say("curve_title", name=table.name)
    labels = [await turn.say("curve_now"), await turn.say("curve_before")]
    levels = [await turn.say(f"trust_{name}") for name in LEVELS]
    picture = TrustCurve(
        title=plain(title.text),
        levels=tuple(plain(name.text) for name in levels),
        values=values,
        before=_values(play.earlier[-1].moments) if play.earlier else (),
        labels=tuple(plain(label.text) for label in labels),
    )
    return words, picture


def _values(moments: tuple[Moment, ...]) -> tuple[int, ...]:
    """Trust before the first line and after each."""
    return (*(moment.trust for moment in moments[:1]), *(m.trust_after for m in moments))


async def level_name(turn: TurnContext, trust: int) -> str:
    """What a trust is called."""
    return (await turn.say(f"trust_{LEVELS[level(trust)]}")).text


async def _onward(turn: TurnContext, table: Table) -> list[Reply]:
    """Something to try in real life, tips that fit and are safe, and the ways on."""
    if table.play.ending is None:
        return [await turn.say("look_so_far")]
    ending = table.case.seat.ending(table.play.ending)
    tips = [turn.content.tip_by_id[tip] for tip in ending.tips]
    safe = [tip for tip in tips if not turn.flags & set(tip.unsafe_when)][:TIPS_SHOWN]
    rows = tuple((Button(label=tip.short, press=f"tip:{tip.id}"),) for tip in safe)
    own = turn.content.messages["look_try"].buttons
    # Nothing was said: there is nothing to go back to.
    own = own if table.play.moments else own[1:]
    return [await turn.say("look_try", buttons=(*rows, *own), step=ending.try_it)]
