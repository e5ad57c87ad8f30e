"""What a skill gets to work with: one turn of one chat."""

from __future__ import annotations

import html
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bot.content import Button, Content
from bot.conversation.understanding import Understanding
from bot.db.repositories import (
    Agreements,
    Chats,
    Entries,
    Everything,
    Exercises,
    Plans,
    Review,
    Roleplays,
    SavedTips,
    Schedules,
)
from bot.skills.reply import Reply
from nlu.facts import Facts
from nlu.particulars import Particulars

AN_INSTANT = timedelta(microseconds=1)


@dataclass
class TurnContext:
    """One turn while its steps are carried out, inside the turn's transaction.

    Args:
        chat_id: the chat.
        turn_id: the last update of this turn; choices of wording are seeded by it.
        now: the moment of the turn.
        content: all copy.
        chats: what is stored of chats.
        saved: tips to find again.
        schedules: when something is sent unasked.
        entries: what was told in check-ins.
        roleplays: what is stored of role-plays.
        everything: every row about this chat.
        plans: what leads through a hard moment.
        exercises: what is stored of exercises.
        agreements: what is stored of agreements.
        review: lines that a person may read.
        facts: what was known when the turn was decided.
        understanding: what the model made of the message.
        slots: what the conversation is about.
        text: what was typed; empty for a button.
        contact_url: the coach behind this installation.
        texts: what was typed, fragment by fragment.
        inbox_ids: the rows of this turn, which an erase must leave to be marked.
        forget: set by a skill that ends the conversation: the tracker is not stored.
        finished_exercise: the row of an exercise that was finished, or changed, in this turn.
    """

    chat_id: int
    turn_id: int
    now: datetime
    content: Content
    chats: Chats
    saved: SavedTips
    schedules: Schedules
    entries: Entries
    roleplays: Roleplays
    everything: Everything
    plans: Plans
    exercises: Exercises
    agreements: Agreements
    review: Review
    facts: Facts
    understanding: Understanding
    slots: dict[str, Any]
    text: str = ""
    contact_url: str | None = None
    texts: Sequence[str] = ()
    inbox_ids: Sequence[int] = ()
    forget: bool = False
    finished_exercise: int | None = None
    # Wordings used in this turn, stored at its end.
    said_now: list[tuple[str, int]] = field(default_factory=list)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.chat_id}:{self.turn_id}")  # noqa: S311

    @property
    def said_at(self) -> datetime:
        """When this turn's wordings count as said: after all others, whatever the clock says."""
        before = (at for said in self.facts.said.values() for at in said.values())
        return max([self.now, *(at + AN_INSTANT for at in before)])

    @property
    def concern(self) -> str | None:
        """The concern that is talked about."""
        return self.slots.get("concern")

    @property
    def side(self) -> str | None:
        """Hurt or breaker, None when either is possible."""
        concern = self.content.concerns.get(self.concern or "")
        told = Particulars.from_json(self.slots.get("particulars"))
        return told.side_in(concern.known_side if concern else None)

    @property
    def flags(self) -> frozenset[str]:
        """The red flags that count now: those of before and those of this message."""
        return self.facts.red_flags(self.slots.get("relation")) | set(
            self.understanding.crisis["flags"]
        )

    @property
    def knows_other(self) -> bool:
        """Whether one other person was named."""
        relation = self.slots.get("relation")
        named = self.content.relations.get(relation or "")
        # A group or an unknown word has no "je ..." of its own.
        return named is not None and relation != "self" and self.slots.get("other") in named.words

    def fill(self, text: str, **values: str) -> str:
        """Put values in a text of content; values are escaped, {other} is always known."""
        other = self.content.other(self.slots.get("relation"), self.slots.get("other"))
        known = {"other": other, "Other": other[:1].upper() + other[1:], **values}
        return text.format_map(
            {name: html.escape(value, quote=False) for name, value in known.items()}
        )

    async def say(
        self,
        key: str,
        buttons: tuple[tuple[Button, ...], ...] | None = None,
        **values: str,
    ) -> Reply:
        """A fixed message of content, in the wording that this chat heard longest ago.

        Args:
            key: the message's key.
            buttons: other buttons than the message's own.
            values: what its placeholders stand for.
        """
        message = self.content.messages[key]
        text = message.variants[await self.pick(key, range(len(message.variants)))]
        rows = message.buttons if buttons is None else buttons
        return Reply((key,), self.fill(text, **values), rows)

    async def pick(self, key: str, variants: Sequence[int]) -> int:
        """Which wording to use: never said, else said longest ago; and remember it.

        Args:
            key: what the wordings belong to.
            variants: the numbers of the wordings that fit now.
        """
        if len(variants) == 1:
            return variants[0]
        said = self.facts.said.get(key, {})
        fresh = [v for v in variants if v not in said and (key, v) not in self.said_now]
        choice = (
            self._random.choice(fresh)
            if fresh
            else min(variants, key=lambda v: said.get(v, self.now))
        )
        self.said_now.append((key, choice))
        return choice
