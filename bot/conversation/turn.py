"""One turn: read what is known, decide, carry out, and commit it all at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Content
from bot.conversation.inbound import Inbound, InboundKind
from bot.conversation.routes import Event, needs_consent, route
from bot.conversation.steps import Do, Roleplay, Say, Step
from bot.conversation.understanding import Decision, Understanding
from bot.db.encryption import Cipher
from bot.db.repositories import (
    Agreements,
    Chats,
    Entries,
    Everything,
    Exercises,
    Inbox,
    Outbox,
    Plans,
    Review,
    Roleplays,
    SavedTips,
    Schedules,
    Silences,
    Trackers,
)
from bot.db.session import forget_for_good, reading, writing
from bot.skills import checkin, exercises, gates, guided, review, roleplay, safety
from bot.skills.context import TurnContext
from bot.skills.registry import carry_out
from bot.skills.reply import Reply, join
from nlu.facts import Facts

if TYPE_CHECKING:
    from bot.conversation.dialogue import Dialogue
    from bot.conversation.late_dialogue import LateDialogue

Clock = Callable[[], datetime]
YES_OR_NO = frozenset({"safety:confirmed", "safety:denied"})


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn answers.

    Args:
        chat_id: the chat.
        inbox_ids: the inbox rows that it handles.
        turn_id: the update id of the last of them.
        inbounds: what came in, in order; more than one only when all are texts.
        delayed: the user has waited for more than an hour.
    """

    chat_id: int
    inbox_ids: Sequence[int]
    turn_id: int
    inbounds: Sequence[Inbound]
    delayed: bool = False

    @property
    def text(self) -> str:
        """What was typed, a line a message; empty when something else was done."""
        return "\n".join(i.value for i in self.inbounds if i.kind is InboundKind.TEXT)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn came to, for the terminal and for tests."""

    understanding: Understanding
    steps: Sequence[Step]
    replies: Sequence[Reply]
    facts: Facts


class Superseded(Exception):
    """Somebody else handled these updates or moved the conversation meanwhile."""


class Turns:
    """Handles turns of any chat.

    Args:
        engine: the database.
        cipher: encrypts what users wrote.
        dialogue: decides.
        content: all copy.
        clock: tells the time (aware).
        contact_url: the coach behind this installation.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        dialogue: Dialogue | LateDialogue,
        content: Content,
        clock: Clock,
        contact_url: str | None = None,
    ) -> None:
        self._engine, self._cipher, self._dialogue = engine, cipher, dialogue
        self._content, self._clock, self._contact_url = content, clock, contact_url

    async def run(self, turn: Turn) -> Outcome:
        """Handle one turn; either all of it is stored, or nothing is.

        Raises:
            Superseded: it was handled by another; nothing is stored.
            ModelError: Rasa failed.
        """
        now = self._clock()
        async with reading(self._engine) as session:
            facts = await Chats(session, self._cipher).facts(turn.chat_id, now)
            version, stored = await Trackers(session, self._cipher).load(turn.chat_id)
        # Rasa runs outside any transaction: it takes long, and locks nobody out.
        decision = await self._decide(turn, facts, stored)
        async with writing(self._engine) as session:
            if not await Inbox(session, self._cipher).mark_handled(turn.inbox_ids):
                raise Superseded
            chats = Chats(session, self._cipher)
            context = TurnContext(
                chat_id=turn.chat_id,
                turn_id=turn.turn_id,
                now=now,
                content=self._content,
                chats=chats,
                saved=SavedTips(session),
                schedules=Schedules(session),
                entries=Entries(session, self._cipher),
                roleplays=Roleplays(session, self._cipher),
                everything=Everything(session, self._cipher),
                plans=Plans(session, self._cipher),
                exercises=Exercises(session, self._cipher),
                agreements=Agreements(session, self._cipher),
                review=Review(session, self._cipher),
                facts=facts,
                understanding=decision.understanding,
                slots=decision.slots,
                text=turn.text,
                contact_url=self._contact_url,
                texts=[i.value for i in turn.inbounds if i.kind is InboundKind.TEXT],
                inbox_ids=turn.inbox_ids,
            )
            if turn.inbounds[0].kind is not InboundKind.REACH:
                await Silences(session).heard_from(turn.chat_id, now)
            if facts.onboarded:
                await safety.remember_flags(context)
                await checkin.heard_from(context, turn.inbounds[0].kind is not InboundKind.REACH)
            steps = decision.steps
            if turn.delayed:
                steps = (Say("delayed"), *steps)
            await safety.seen(context, steps)
            await guided.step_aside(context, steps)
            aside = await exercises.step_aside(context, steps)
            said = [reply for step in steps for reply in await carry_out(step, context)]
            replies = join(await gates.let_through([*aside, *said], context))
            await roleplay.step_aside(context, steps)
            if facts.onboarded and not context.forget:
                await chats.remember_said(turn.chat_id, context.said_now, context.said_at)
                await review.note(context, steps)
            payloads = [reply.as_json() for reply in replies]
            await Outbox(session, self._cipher).add(turn.chat_id, turn.turn_id, payloads, now)
            keep = facts.onboarded and not context.forget and decision.tracker is not None
            if keep and not await Trackers(session, self._cipher).save(
                turn.chat_id, version, decision.tracker, now
            ):
                raise Superseded
        if context.forget:
            await forget_for_good(self._engine)
        return Outcome(decision.understanding, steps, replies, facts)

    def _safety_press(self, turn: Turn, facts: Facts) -> Inbound | None:
        """The safety button whose label somebody typed instead of pressing it.

        A yes or no is one of those only while it is asked whether there is danger: what else it
        answers is for the policy to say.
        """
        typed = " ".join(inbound.value for inbound in turn.inbounds).strip(" .!").casefold()
        data = self._content.safety_presses.get(typed)
        asked = facts.hold is not None and facts.hold.level == "ask"
        if data is None or (data in YES_OR_NO and not asked):
            return None
        return Inbound(InboundKind.PRESS, data)

    async def _decide(self, turn: Turn, facts: Facts, stored: object) -> Decision:
        inbound = turn.inbounds[0]
        playing = facts.hold is None and facts.roleplay and facts.roleplay.stage == "playing"
        if (facts.hold or facts.guide) and (pressed := self._safety_press(turn, facts)):
            inbound = pressed
        if inbound.kind is InboundKind.TEXT:
            texts = [i.plain for i in turn.inbounds]
            return await self._dialogue.decide_text(texts, facts, stored, style=bool(playing))
        routed = route(inbound)
        if isinstance(routed, Event) and not self._dialogue.knows(routed.intent):
            routed = Say("button_past")
        if isinstance(routed, Event):
            return await self._dialogue.decide_event(routed.intent, routed.entities, facts, stored)
        if not facts.onboarded and needs_consent(routed):
            routed = Do("onboard")
        if playing and inbound.kind is InboundKind.MEDIA:
            routed = Roleplay("unheard")
        return Decision(Understanding(), (routed,), self._dialogue.slots(stored), None)
