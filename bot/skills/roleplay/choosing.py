"""Before the play: which case, which seat, and for an own situation with whom and about what."""

from __future__ import annotations

import re

from bot.content import Button
from bot.roleplay.engine import begin as first_beat
from bot.roleplay.play import Case, Play, new_play
from bot.roleplay.scenario import Scenario
from bot.skills.context import TurnContext
from bot.skills.reply import Reply
from bot.skills.roleplay.table import (
    ISSUE,
    PAUSED,
    PLAYING,
    Table,
    filled,
    opened,
    put,
    quoted,
    spoken,
    with_buttons,
    withheld,
)
from nlu.reading import Reader

ISSUE_UP_TO = 200


async def offer(turn: TurnContext, argument: str = "") -> list[Reply]:
    """The cases that may be played; the one that was asked for by name at once."""
    reader, text = Reader.load(), " ".join(turn.texts)
    wanted = [
        (name, seat_id)
        for name, scenario in turn.content.scenarios.items()
        for seat_id, seat in scenario.seats.items()
        if scenario.relation
        and (reader.cast(text, seat.other) == "other" or reader.cast(text, seat.me) == "me")
    ]
    cases = {name for name, _ in wanted}
    if len(cases) == 1:
        return await case(turn, wanted[0][0], [seat for _, seat in wanted])
    # The own situation comes last: a case is the easier start.
    cases_first = sorted(turn.content.scenarios.items(), key=lambda item: item[1].relation is None)
    rows = tuple(
        (Button(label=scenario.label, press=f"play:case:{name}"),)
        for name, scenario in cases_first
        if not withheld(turn, scenario, None)
    )
    if not rows:
        return [await turn.say("roleplay_unsafe")]
    table = await opened(turn)
    if table and table.stage in (PLAYING, PAUSED):
        if table.stage == PLAYING:
            await turn.roleplays.pause(turn.chat_id)
        own = turn.content.messages["roleplay_menu_waiting"].buttons
        return [
            await turn.say(
                "roleplay_menu_waiting", buttons=(own[0], *rows, *own[1:]), name=table.name
            )
        ]
    own = turn.content.messages["roleplay_menu"].buttons
    return [await turn.say("roleplay_menu", buttons=(*rows, *own))]


async def case(turn: TurnContext, name: str, seats: list[str] | None = None) -> list[Reply]:
    """What happened, what may be hard about it, and the seats to choose from.

    Args:
        turn: the turn.
        name: of the case.
        seats: only these, when the user asked for somebody.
    """
    scenario = turn.content.scenarios.get(name)
    if scenario is None:
        return [await turn.say("button_past")]
    if withheld(turn, scenario, None):
        return [await turn.say("roleplay_unsafe")]
    rows = []
    for seat_id in seats or scenario.seats:
        label = await turn.say("roleplay_seat", me=scenario.seats[seat_id].me)
        rows.append((Button(label=label.text, press=f"play:begin:{name}.{seat_id}"),))
    return [
        await turn.say(
            "roleplay_case",
            buttons=tuple(rows),
            title=scenario.title,
            intro=scenario.intro,
            warning=scenario.warning,
        )
    ]


async def begin(turn: TurnContext, argument: str) -> list[Reply]:
    """Take a seat; in an own situation first say with whom."""
    name, _, seat_id = argument.partition(".")
    scenario = turn.content.scenarios.get(name)
    if scenario is None or seat_id not in scenario.seats:
        return [await turn.say("button_past")]
    if withheld(turn, scenario, None):
        return [await turn.say("roleplay_unsafe")]
    if scenario.relation is None:
        return [await _with_whom(turn, argument)]
    return await _start(turn, name, scenario, seat_id)


async def with_(turn: TurnContext, argument: str) -> list[Reply]:
    """With whom the own situation is; next it waits for what it is about."""
    relation, _, place = argument.partition(".")
    name, _, seat_id = place.partition(".")
    scenario = turn.content.scenarios.get(name)
    if (
        scenario is None
        or scenario.relation is not None
        or seat_id not in scenario.seats
        or relation not in turn.content.relations
    ):
        return [await turn.say("button_past")]
    if withheld(turn, scenario, relation):
        return [await turn.say("roleplay_unsafe")]
    table = Table.of(turn.content, ISSUE, _new(turn, name, scenario, seat_id, relation))
    await put(turn, ISSUE, table.play)
    return [await turn.say("roleplay_issue", name=turn.content.other(relation))]


async def issue(turn: TurnContext, table: Table, text: str) -> list[Reply]:
    """The user said what the own situation is about."""
    if Reader.load().read(text).empty:
        other = turn.content.other(table.play.relation)
        return [await turn.say("roleplay_issue", name=other)]
    words = quoted(text, ISSUE_UP_TO)
    word = _word_for_the_other(turn, table.play.relation, text)
    play = table.play.model_copy(update={"issue": words, "word": word})
    heard = await turn.say("roleplay_issue_heard", issue=words)
    return await _open(turn, Table.of(turn.content, PLAYING, play), heard)


async def again(turn: TurnContext, argument: str = "") -> list[Reply]:
    """The same seat once more, from the start."""
    table = await opened(turn)
    if table is None:
        return [await turn.say("roleplay_gone")]
    play = table.play
    if withheld(turn, table.scenario, play.relation):
        return [await turn.say("roleplay_unsafe")]
    fresh = _new(turn, play.scenario, table.scenario, play.seat, play.relation)
    kept = {"issue": play.issue, "word": play.word, "coach": play.coach}
    fresh = fresh.model_copy(update=kept)
    return await _open(turn, Table.of(turn.content, PLAYING, fresh))


def _word_for_the_other(turn: TurnContext, relation: str | None, text: str) -> str | None:
    """The user's own word for the other, of those that go with the relation; the first one said."""
    known = turn.content.relations[relation or "other"].words
    said = re.findall(r"[\w-]+", text.casefold())
    return next((word for word in said if word in known), None)


async def _with_whom(turn: TurnContext, place: str) -> Reply:
    rows = tuple(
        tuple(Button(label=b.label, press=f"{b.press}.{place}") for b in row)
        for row in turn.content.messages["roleplay_with"].buttons
    )
    return await turn.say("roleplay_with", buttons=rows)


def _new(
    turn: TurnContext, name: str, scenario: Scenario, seat_id: str, relation: str | None
) -> Play:
    rules = Case.of(scenario, seat_id, turn.content.styles)
    play = new_play(rules, name, seat_id, seed=abs(turn.chat_id) * 1_000_003 + abs(turn.turn_id))
    return play.model_copy(update={"relation": relation})


async def _start(turn: TurnContext, name: str, scenario: Scenario, seat_id: str) -> list[Reply]:
    play = _new(turn, name, scenario, seat_id, None)
    return await _open(turn, Table.of(turn.content, PLAYING, play))


async def _open(turn: TurnContext, table: Table, *before: Reply) -> list[Reply]:
    """The seat's own side of the story, and the first scene."""
    seat = table.case.seat
    goals = "\n".join(f"• {filled(turn.content, table.play, goal)}" for goal in seat.goals)
    intro = await turn.say(
        "roleplay_begin", intro=filled(turn.content, table.play, seat.intro), goals=goals
    )
    beat = first_beat(table.case, table.play)
    table = await put(turn, PLAYING, beat.play)
    scene = [*before, intro]
    if beat.scene and beat.scene.setting:
        setting = filled(turn.content, table.play, beat.scene.setting)
        scene.append(await turn.say("roleplay_setting", setting=setting))
    scene += await spoken(turn, table, beat.opening)
    return with_buttons(turn, table, scene)
