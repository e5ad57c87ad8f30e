"""The real model, with styles by label: for role-play, whose lines tests write themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from bot.conversation.dialogue import Dialogue
from bot.conversation.understanding import Decision
from bot.roleplay.scenario import Style
from nlu.facts import Facts
from tests.roleplay.players import LINES

STYLE_OF: dict[str, Style] = {text: style for style, texts in LINES.items() for text in texts}


class StyledDialogue:
    """As the real one, but what a line's style is says its label; no label is "other"."""

    def __init__(self, dialogue: Dialogue) -> None:
        self._dialogue = dialogue
        # How sure the labels are.
        self.sure = 1.0

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, *, style: bool = False
    ) -> Decision:
        """The real decision, with the style of the label."""
        decision = await self._dialogue.decide_text(fragments, facts, stored, style=style)
        if not style:
            return decision
        told = {"name": STYLE_OF.get(" ".join(fragments), "other"), "score": self.sure}
        return replace(decision, understanding=replace(decision.understanding, style=told))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialogue, name)
