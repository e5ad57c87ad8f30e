"""One turn on real parts: Rasa's model, both databases, the outbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound, InboundKind, read_text
from bot.conversation.turn import Turns
from bot.db.encryption import Cipher
from bot.db.models import InboxItem
from bot.db.repositories import Chats, Inbox, Incoming, Outbox
from bot.db.session import reading, writing
from bot.skills.reply import Reply
from nlu.lexicon import Lexicon
from tests.clock import Clock

CHAT = 42
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Person:
    """Somebody in one chat, onboarded, who talks through inbox and outbox."""

    def __init__(self, conversation: Conversation, engine: AsyncEngine, cipher: Cipher) -> None:
        self.conversation, self._engine, self._cipher = conversation, engine, cipher
        self._update_id = 0
        self._seen = 0

    async def does(self, *inbounds: Inbound) -> list[Reply]:
        batch = []
        for inbound in inbounds:
            self._update_id += 1
            batch.append((self._update_id, CHAT, inbound))
        await self.conversation.store(batch)
        self.conversation.wake(CHAT)
        await self.conversation.settle()
        return await self.new_replies()

    async def new_replies(self) -> list[Reply]:
        async with writing(self._engine) as session:
            outbox = Outbox(session, self._cipher)
            waiting = await outbox.replies(CHAT)
            for item_id, _ in waiting:
                await outbox.mark_sent(item_id, None)
        return [Reply.from_json(payload) for _, payload in waiting]

    async def says(self, text: str) -> Reply:
        [reply] = await self.does(read_text(text))
        return reply

    async def presses(self, data: str) -> Reply:
        [reply] = await self.does(Inbound(InboundKind.PRESS, data))
        return reply


@pytest.fixture
async def person(
    engine: AsyncEngine, cipher: Cipher, dialogue: Dialogue, content: Content, clock: Clock
) -> Person:
    turns = Turns(engine, cipher, dialogue, content, clock)
    conversation = Conversation(engine, cipher, turns, content, Lexicon.load(), clock, timedelta(0))
    async with writing(engine) as session:
        user = await Chats(session, cipher).ensure_user(CHAT, clock())
        user.country, user.consented_at = "NL", clock()
    return Person(conversation, engine, cipher)


async def test_a_concern_gets_a_question_and_the_answer_gets_a_tip(person: Person) -> None:
    question = await person.says("ik voel wantrouwen")
    assert question.keys[0] == "acknowledge.feel_mistrust"
    assert question.keys[1].startswith("ask.feel_mistrust.")
    tip = await person.says("gisteren, toen hij zijn telefoon omdraaide")
    assert tip.tip_id
    assert [b.label for row in tip.buttons for b in row] == [
        "Dit hielp",
        "Dit hielp niet",
        "Andere tip",
        "Liever een vraag",
        "Waarom deze tip?",
        "Vertel meer",
        "Oefening",
        "Bewaar",
        "Later",
    ]


async def test_a_tip_that_did_not_help_is_not_given_again(
    person: Person, engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    await person.says("ik voel wantrouwen")
    tip = await person.says("gisteren nog")
    await person.presses(f"coach:unhelped:{tip.tip_id}")
    later = [(await person.presses("coach:other")).tip_id for _ in range(5)]
    assert tip.tip_id not in later
    async with reading(engine) as session:
        facts = await Chats(session, cipher).facts(CHAT, clock())
    assert facts.pooled["feel_mistrust", str(tip.tip_id)] == (0, 1)


async def test_danger_freezes_tips_until_the_user_is_safe_and_chooses(person: Person) -> None:
    crisis = await person.says("ik wil niet meer leven")
    assert crisis.keys == ("crisis_suicide_act",)
    assert "113" in crisis.text
    assert (await person.says("geef me een tip")).keys == ("hold",)
    assert (await person.presses("safety:resume")).keys == ("hold",)
    assert (await person.presses("safety:safe")).keys == ("hold_choose",)
    assert (await person.says("geef me een tip")).keys == ("hold_choose",)
    assert (await person.presses("safety:resume")).keys == ("hold_ended",)
    assert (await person.says("geef me een tip")).tip_id


@pytest.mark.parametrize(
    "text", ['/greet{"a":1} ik wil dood', "/ ik wil dood", "/greet ik wil dood"]
)
async def test_a_slash_does_not_hide_danger(person: Person, text: str) -> None:
    assert (await person.says(text)).keys == ("crisis_suicide_act",)


async def test_a_message_of_an_hour_ago_is_answered_with_an_apology(
    person: Person, clock: Clock
) -> None:
    await person.conversation.store(
        [(1, CHAT, read_text("mijn man liegt")), (2, CHAT, read_text("al jaren"))]
    )
    clock.advance(hours=3)
    assert await person.conversation.resume() == 1
    await person.conversation.settle()
    [reply] = await person.new_replies()
    assert reply.keys[0] == "delayed"


async def test_an_update_that_no_key_can_read_stops_nothing(
    person: Person, engine: AsyncEngine
) -> None:
    other_key = Cipher([Fernet.generate_key()])
    async with writing(engine) as session:
        await Inbox(session, other_key).store([Incoming(900, CHAT, {})], NOON)
    assert (await person.says("hoi")).keys == ("greet",)
    async with reading(engine) as session:
        parked = await session.scalar(select(InboxItem.error).where(InboxItem.status == "parked"))
    assert parked == "DecryptionError"
