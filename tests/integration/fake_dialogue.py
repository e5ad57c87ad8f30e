"""A dialogue that does as the test says: for what depends on timing and on failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bot.conversation.dialogue import ModelError
from bot.conversation.steps import Say
from bot.conversation.understanding import Decision, Understanding
from nlu.facts import Facts


class FakeDialogue:
    """Greets whatever it hears, and remembers what that was, a list of texts a turn.

    `failing`: texts that it cannot decide on; a number says how often, then it can.
    `held`: texts whose turn waits until the event is set.
    `not_understood`: texts that it cannot place, each with what it made of them.
    `meanwhile`: called once, while the next text is being decided on.
    """

    def __init__(self) -> None:
        self.heard: list[list[str]] = []
        self.failing: dict[str, float] = {}
        self.held: dict[str, asyncio.Event] = {}
        self.not_understood: dict[str, Understanding] = {}
        self.meanwhile: Callable[[], Awaitable[None]] | None = None
        self.broken = False

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, *, style: bool = False
    ) -> Decision:
        """As the real one."""
        self.heard.append(list(fragments))
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()
        for text in fragments:
            if text in self.held:
                await self.held[text].wait()
            if self.failing.get(text, 0) > 0:
                self.failing[text] -= 1
                raise ModelError("RuntimeError")
        tracker = {"slots": {"heard": self.heard[-1]}, "events": []}
        if understanding := self.not_understood.get("\n".join(fragments)):
            return Decision(understanding, (Say("not_understood"),), {}, tracker)
        return Decision(Understanding(), (Say("greet"),), {}, tracker)

    async def decide_event(
        self, intent: str, entities: dict[str, str], facts: Facts, stored: Any
    ) -> Decision:
        """As the real one."""
        self.heard.append([f"[{intent}]"])
        return Decision(Understanding(), (Say("greet"),), {}, {"slots": {}, "events": []})

    def knows(self, intent: str) -> bool:
        """As the real one."""
        return True

    def slots(self, stored: Any) -> dict[str, Any]:
        """As the real one."""
        if self.broken:
            raise ModelError("RuntimeError")
        return dict((stored or {}).get("slots") or {})

    def close(self) -> None:
        """As the real one."""
