"""Every text as Telegram gets it: rendered by the skills, with its buttons, read by TDLib."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import pytest

from bot.content import Content
from bot.conversation.steps import Acknowledge, Ask, Bridge, Clarify, Do, ExplainTip, GiveTip, Step
from bot.conversation.understanding import Understanding
from bot.readability import sentences_of
from bot.skills.context import TurnContext
from bot.skills.helplines import help_lines
from bot.skills.registry import carry_out
from bot.skills.reply import Reply, join
from bot.telegram.keyboards import keyboard
from nlu.facts import Facts
from tests.emulator import entities, limits

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
MANY = 40
# For placeholders that samples() does not know: signs that must be escaped.
OTHER_VALUE = "https://voorbeeld.nl/coach?naam=<jij>&taal=nl"
REASONS = [("concern", 0.9), ("pooled", 0.2), ("helped_you", 0.1), ("audience", 0.1)]


class HeardAllBut(dict[str, dict[int, datetime]]):
    """What a chat heard that heard every wording but one, so that one is said next."""

    def __init__(self, wanted: int) -> None:
        super().__init__()
        self._heard = {variant: NOW for variant in range(MANY) if variant != wanted}

    def get(self, key: str, default: Any = None) -> dict[int, datetime]:
        return self._heard


class FakeChats:
    """A chat that remembers nothing but why its last tip was given."""

    def __init__(self, reasons: Sequence[tuple[str, float]] = ()) -> None:
        self._reasons = reasons

    async def add_given_tip(self, chat_id: int, tip_id: str, because: Any, now: datetime) -> None:
        pass

    async def last_given(self, chat_id: int, tip_id: str) -> tuple[None, dict[str, Any]]:
        return None, {"concern": "agreement_broken", "reasons": list(self._reasons)}


class NothingSaved:
    async def of_chat(self, chat_id: int) -> list[str]:
        return []


@dataclass(frozen=True)
class Speaker:
    """Renders with the real skills."""

    content: Content

    def turn(self, wanted: int = 0, reasons: Any = (), **slots: str) -> TurnContext:
        return TurnContext(
            chat_id=1,
            turn_id=1,
            now=NOW,
            content=self.content,
            chats=FakeChats(reasons),  # type: ignore[arg-type]
            saved=NothingSaved(),  # type: ignore[arg-type]
            everything=None,  # type: ignore[arg-type]
            schedules=None,  # type: ignore[arg-type]
            entries=None,  # type: ignore[arg-type]
            roleplays=None,  # type: ignore[arg-type]
            plans=None,  # type: ignore[arg-type]
            exercises=None,  # type: ignore[arg-type]
            agreements=None,  # type: ignore[arg-type]
            review=None,  # type: ignore[arg-type]
            facts=Facts(NOW, said=HeardAllBut(wanted)),
            understanding=Understanding(),
            slots=dict(slots),
        )

    async def wordings(self, step: Step, **slots: str) -> AsyncIterator[Reply]:
        """A step in every wording."""
        for wanted in range(MANY):
            for reply in await carry_out(step, self.turn(wanted, **slots)):
                yield reply


@pytest.fixture(scope="module")
def speaker(content: Content) -> Speaker:
    return Speaker(content)


def refused(reply: Reply) -> str | None:
    """Why Telegram would not take a reply, or would show it otherwise than meant."""
    markup = keyboard(reply.buttons)
    fields = {
        "chat_id": 1,
        "text": reply.text,
        "parse_mode": "HTML",
        "reply_markup": markup.to_dict() if markup else None,
    }
    try:
        limits.check("sendMessage", fields)
    except entities.TelegramRefusal as refusal:
        return f"{reply.keys}: {refusal.description}"
    shown = entities.shown(fields, "text").text
    if any(sign in shown for sign in ("<b>", "</b>", "{", "}", "&amp;", "None")):
        return f"{reply.keys}: shows its markup: {shown}"
    return None


def problems(replies: Iterable[Reply]) -> list[str]:
    return [why for reply in replies if (why := refused(reply))]


def samples(content: Content) -> dict[str, str]:
    """The longest value of each placeholder."""
    sides = ("hurt", "breaker")
    return {
        "lines": help_lines(content, None, None),
        "title": max((tip.title for tip in content.tips), key=len),
        "message": max((t.words("message", s) for t in content.tips for s in sides), key=len),
        "step": max((t.words("step", s) for t in content.tips for s in sides), key=len),
        "why": max((t.words("why", s) for t in content.tips for s in sides), key=len),
        "label": max((concern.label for concern in content.concerns.values()), key=len),
        "answer": "wandelen & <rusten> " * 30,
        "reasons": "hij een andere kant van ‘Afspraak niet nagekomen’ laat zien en omdat " * 2,
    }


def test_the_judge_knows_what_telegram_refuses() -> None:
    assert refused(Reply(("goed",), "Dag <b>jij</b>.")) is None
    assert refused(Reply(("tag",), "Dag <b>jij.")) is not None
    assert refused(Reply(("leeg",), " ")) is not None
    assert refused(Reply(("lang",), "x" * 4097)) is not None
    assert refused(Reply(("dubbel",), "Dag &lt;b&gt;jij&lt;/b&gt;.")) is not None
    assert refused(Reply(("open",), "Dag {other}.")) is not None


async def test_every_wording_of_every_message_is_taken_with_its_buttons(
    speaker: Speaker, content: Content
) -> None:
    values = samples(content)
    replies = []
    for key, message in content.messages.items():
        assert len(message.variants) <= MANY
        for wanted in range(len(message.variants)):
            for slots in ({}, {"relation": "partner", "other": "vriendinnetje"}):
                said = await speaker.turn(wanted, **slots).say(
                    key, **{name: values.get(name, OTHER_VALUE) for name in message.params}
                )
                replies.append(said)
    assert len(replies) > 2 * len(content.messages)
    assert problems(replies) == []


async def test_every_tip_is_taken_for_either_side_with_its_buttons_and_its_reasons(
    speaker: Speaker, content: Content
) -> None:
    replies = []
    for tip in content.tips:
        for concern in ("lied_to", "broke_trust"):  # who was hurt, who did the hurting
            [given] = await carry_out(GiveTip(tip.id), speaker.turn(concern=concern))
            assert given.tip_id == tip.id
            assert all(tip.id in b.press for row in given.buttons for b in row)
            replies.append(given)
            for reasons in combinations(REASONS, 2):
                turn = speaker.turn(reasons=reasons, concern=concern)
                [why] = await carry_out(ExplainTip(tip.id), turn)
                assert len(sentences_of(why.text)) == 2, why.text
                replies.append(why)
    assert problems(replies) == []


async def test_every_reflection_question_and_bridge_is_taken(
    speaker: Speaker, content: Content
) -> None:
    replies = []
    for name, concern in content.concerns.items():
        for slots in ({}, {"relation": "ex", "other": "vader van mijn kinderen"}):
            for step in (Acknowledge(name), Bridge(name)):
                replies += [r async for r in speaker.wordings(step, **slots)]
            for question in concern.questions:
                replies += await carry_out(Ask(question.id), speaker.turn(**slots))
    for tip in content.tips:
        for question in tip.questions:
            replies += await carry_out(Ask(question.id), speaker.turn())
    said = {reply.text for reply in replies}
    for concern in content.concerns.values():
        assert {bridge for bridge in concern.bridges if "{" not in bridge} <= said
        assert {r.text for r in concern.reflections if "{" not in r.text and not r.side} <= said
    assert problems(replies) == []


async def test_every_choice_of_concerns_and_of_tips_is_taken(
    speaker: Speaker, content: Content
) -> None:
    names = list(content.concerns)
    replies = []
    for start in range(len(names) - 2):
        options = ",".join(names[start : start + 3])
        replies += await carry_out(Clarify(options), speaker.turn())
    [tips] = await carry_out(Do("list_tips"), speaker.turn())
    assert len(tips.buttons) == 15
    assert problems([*replies, tips]) == []


async def test_what_is_said_together_still_fits_in_one_message(
    speaker: Speaker, content: Content
) -> None:
    turn = speaker.turn(concern="lied_to", relation="partner", other="partner")
    replies = []
    for name, concern in content.concerns.items():
        for tip in content.tips:
            said = [
                *await carry_out(Acknowledge(name), turn),
                *await carry_out(Ask(concern.questions[0].id), turn),
                *await carry_out(Bridge(name), turn),
                *await carry_out(GiveTip(tip.id), turn),
            ]
            replies += join(said)
    replies += join(await carry_out(Do("privacy"), turn))
    assert problems(replies) == []


@pytest.mark.parametrize("country", ["NL", "BE", None])
@pytest.mark.parametrize(
    "kind", ["suicide", "violence", "child", "harm_other", "minor", "other", None]
)
def test_help_lines_name_a_number_for_every_kind_of_danger(
    content: Content, country: str | None, kind: str | None
) -> None:
    lines = help_lines(content, country, kind)
    reply = Reply(("help_lines",), content.messages["help_lines"].variants[0].format(lines=lines))
    assert problems([reply]) == []
    assert "112" in lines
    assert ("113" in lines) == (kind in {"suicide", "other", None} and country != "BE")
    assert ("1813" in lines) == (kind in {"suicide", "other", None} and country != "NL")


def test_the_words_of_telegram_s_own_menu_fit(content: Content) -> None:
    commands = [
        {"command": key.removeprefix("command_"), "description": message.variants[0]}
        for key, message in content.messages.items()
        if key.startswith("command_")
    ]
    assert commands
    limits.check("setMyCommands", {"commands": commands})


def test_every_other_person_can_be_named_in_a_sentence(content: Content) -> None:
    for name, relation in content.relations.items():
        assert content.other(name) == relation.says
        for word, says in relation.words.items():
            assert word == word.lower()
            assert content.other(name, word) == says
        assert content.other(name, "iets heel anders") == relation.says
    assert content.other(None) == content.unknown_other
    assert content.other("buurvrouw van hiernaast") == content.unknown_other
