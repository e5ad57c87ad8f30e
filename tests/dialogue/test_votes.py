"""What some people thought of a tip decides what the next one with such a question reads first."""

from __future__ import annotations

from itertools import count

from bot.bootstrap import App
from bot.terminal import TerminalChat
from tests.clock import Clock

SAID = "mijn man heeft maandenlang tegen me gelogen"
ANSWER = "vorige week, toen we aan tafel zaten"
VOTERS = 4


async def first_tip(chat: TerminalChat) -> str:
    """The first tip of a new user who tells and answers."""
    await chat.onboard("NL")
    await chat.says(SAID)
    [reply] = (await chat.says(ANSWER)).replies
    assert reply.tip_id
    return reply.tip_id


async def test_a_tip_that_helped_nobody_sinks_for_who_comes_next(app: App, clock: Clock) -> None:
    updates = count(1)
    chosen = []
    for number in range(VOTERS):
        chat = TerminalChat(app, 100 + number, updates)
        chosen.append(await first_tip(chat))
        button = chat.button("Dit hielp niet")
        assert button
        await chat.presses(button)
        clock.advance(minutes=5)
    assert len(set(chosen)) == 1, "few votes turn nothing around"
    assert await first_tip(TerminalChat(app, 200, updates)) != chosen[0]
