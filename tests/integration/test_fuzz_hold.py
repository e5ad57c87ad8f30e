"""Whatever people send and whatever the model makes of it: no tip comes while there is a hold.

The model here is the worst one: it decides on any Step at any moment, hold or not. What is real
is all that comes after it: turn, skills, gates and a database.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content, load
from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.routes import COACH_PRESSES, COMMANDS
from bot.conversation.steps import Ask, Bridge, Do, ExplainTip, GiveTip, Safety, Say, Step
from bot.conversation.turn import Turn, Turns
from bot.conversation.understanding import NO_CRISIS, Decision, Understanding
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.repositories import Chats, Inbox, Incoming
from bot.db.session import make_engine, reading, writing
from bot.skills import guided, safety
from nlu.facts import Facts
from tests.clock import Clock

SEQUENCES, LENGTH = 50, 100  # five thousand updates
CONTENT = load()
KINDS = ("suicide", "violence", "child", "harm_other")

PRESSES = sorted({b.press for m in CONTENT.messages.values() for row in m.buttons for b in row})
PRESSES += [f"tip:{tip.id}" for tip in CONTENT.tips]
PRESSES += [f"coach:{name}:{tip.id}" for name in COACH_PRESSES for tip in CONTENT.tips[:3]]
PRESSES += [f"mean:{concern}" for concern in CONTENT.concerns]
PRESSES += ["safety:found", "safety:ground:9", "safety:plan_at:²", "erase:yes:1", "x", ":"]

updates = st.one_of(
    st.builds(Inbound, st.just(InboundKind.PRESS), st.sampled_from(PRESSES)),
    st.builds(Inbound, st.just(InboundKind.COMMAND), st.sampled_from(sorted(COMMANDS))),
    st.builds(Inbound, st.just(InboundKind.MEDIA), st.sampled_from(["voice", "photo", "sticker"])),
    st.builds(
        Inbound,
        st.just(InboundKind.TEXT),
        st.sampled_from(["ja", "nee", "geef me een tip", "stop", "ik ben veilig", "hoi"]),
    ),
)  # fmt: skip
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(GiveTip, st.sampled_from([tip.id for tip in CONTENT.tips])),
    st.builds(ExplainTip, st.sampled_from([tip.id for tip in CONTENT.tips])),
    st.builds(Ask, st.sampled_from(sorted(CONTENT.question_by_id))),
    st.builds(Bridge, st.sampled_from(sorted(CONTENT.concerns))),
    st.builds(Safety, st.sampled_from(sorted({*safety.ACTIONS, *guided.ACTIONS} - {"found"}))),
    st.sampled_from([Do("list_tips"), Do("start"), Do("lines"), Say("go_on"), Say("greet")]),
)
# One update, what the model makes of it, and the danger in it, if any.
moves = st.tuples(
    updates,
    st.lists(steps, min_size=1, max_size=3),
    st.one_of(
        st.none(), st.none(), st.none(), st.tuples(st.sampled_from(["ask", "act"]),
                                                   st.sampled_from(KINDS)),
    ),
    st.sampled_from([0, 0, 0, 0, 9]),  # hours that go by before it
)  # fmt: skip


class WorstDialogue:
    """Decides what the test says, in a hold too."""

    def __init__(self) -> None:
        self.steps: Sequence[Step] = ()
        self.danger: tuple[str, str] | None = None

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, **options: Any
    ) -> Decision:
        """As the real one."""
        if self.danger is None:
            return Decision(Understanding(), tuple(self.steps), {"tip_id": "wat_wel"}, None)
        level, kind = self.danger
        crisis = {**NO_CRISIS, "level": level, "kind": kind}
        # A tip beside the help lines: nothing that a model decides may get that through.
        decided = (Safety("found"), *self.steps)
        return Decision(Understanding(crisis=crisis), decided, {"tip_id": "wat_wel"}, None)

    async def decide_event(
        self, intent: str, entities: dict[str, str], facts: Facts, stored: Any
    ) -> Decision:
        """As the real one."""
        return Decision(Understanding(), tuple(self.steps), {"tip_id": "wat_wel"}, None)

    def knows(self, intent: str) -> bool:
        """As the real one."""
        return True

    def slots(self, stored: Any) -> dict[str, Any]:
        """As the real one."""
        return {}


class World:
    """A bot on a real database, a new chat for each sequence."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher, clock: Clock) -> None:
        self.engine, self.cipher, self.clock = engine, cipher, clock
        self.dialogue = WorstDialogue()
        self.turns = Turns(engine, cipher, self.dialogue, CONTENT, clock)  # type: ignore[arg-type]
        self.ids = itertools.count(1)
        self.updates = self.held = self.tips = 0

    async def plays(self, sequence: Sequence[Any]) -> None:
        """A sequence of updates, from somebody who gave consent."""
        chat = next(self.ids)
        async with writing(self.engine) as session:
            user = await Chats(session, self.cipher).ensure_user(chat, self.clock())
            user.country, user.consented_at = "NL", self.clock()
        numbers = [next(self.ids) for _ in sequence]
        async with writing(self.engine) as session:
            inbox = Inbox(session, self.cipher)
            batch = [
                Incoming(number, chat, move[0].as_json())
                for number, move in zip(numbers, sequence, strict=True)
            ]
            await inbox.store(batch, self.clock())
            rows = [row.id for row in await inbox.waiting(chat)]
        outcomes = []
        for row, number, (inbound, decided, danger, hours) in zip(
            rows, numbers, sequence, strict=True
        ):
            self.clock.advance(hours=hours, minutes=1)
            self.dialogue.steps, self.dialogue.danger = decided, danger
            outcomes.append(await self.turns.run(Turn(chat, [row], number, [inbound])))
        async with reading(self.engine) as session:
            last = await Chats(session, self.cipher).hold(chat)
        # The hold after a turn is what the next one finds.
        holds = [outcome.facts.hold is not None for outcome in outcomes] + [last is not None]
        for before, after, outcome in zip(holds, holds[1:], outcomes, strict=False):
            self.updates += 1
            self.held += before or after
            advice = advice_in(CONTENT, outcome.replies)
            self.tips += bool(advice)
            assert not ((before or after) and advice), (outcome.steps, advice)


def advice_in(content: Content, replies: Sequence[Any]) -> list[str]:
    """The tips that replies give or explain, by their keys, their mark or their words."""
    words = "\n".join(reply.text for reply in replies)
    found = [k for r in replies for k in r.keys if k.startswith(("tip.", "why.", "ask."))]
    found += [reply.tip_id for reply in replies if reply.tip_id]
    return found + [tip.id for tip in content.tips if tip.message in words or tip.step in words]


@pytest.fixture
def world(tmp_path: Path, cipher: Cipher, clock: Clock) -> World:
    url = f"sqlite+aiosqlite:///{tmp_path / 'fuzz.db'}"
    asyncio.run(upgrade(url))
    return World(make_engine(url), cipher, clock)


def test_no_tip_ever_comes_while_there_is_a_hold(world: World) -> None:
    runner = asyncio.Runner()

    @settings(
        max_examples=SEQUENCES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(moves, min_size=LENGTH, max_size=LENGTH))
    def play(sequence: Sequence[Any]) -> None:
        runner.run(world.plays(sequence))

    run: Callable[[], None] = play
    try:
        run()
        runner.run(world.engine.dispose())
    finally:
        runner.close()
    assert world.updates >= SEQUENCES * LENGTH
    # Else it proves nothing: there were holds, and without one there was advice.
    assert world.held > world.updates / 5
    assert world.tips > world.updates / 50
