"""A dialogue whose model is not there yet: the bot listens, danger gets its lines, the rest waits.

A start without a model would otherwise be minutes of silence, or no start at all; and somebody
may be in danger just then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from bot.conversation.understanding import Decision, ModelNotReadyError
from bot.logs import places
from nlu.facts import Facts

if TYPE_CHECKING:
    from bot.conversation.dialogue import Dialogue

AGAIN_AFTER = 60.0

logger = logging.getLogger(__name__)


class LateDialogue:
    """Stands where a Dialogue will be.

    Args:
        make: makes the model and loads it; tried again when it fails.
    """

    def __init__(self, make: Callable[[], Awaitable[Dialogue]]) -> None:
        self._make = make
        self._dialogue: Dialogue | None = None

    async def arrive(self) -> None:
        """Make the model, however often that takes."""
        while self._dialogue is None:
            try:
                self._dialogue = await self._make()
            except Exception as error:
                logger.error("there is no model (%s)\n%s", type(error).__name__, places(error))
                await asyncio.sleep(AGAIN_AFTER)
        logger.info("the model is there")

    @property
    def is_there(self) -> bool:
        """Whether the model is loaded."""
        return self._dialogue is not None

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, *, style: bool = False
    ) -> Decision:
        """As Dialogue does.

        Raises:
            ModelNotReadyError: there is no model yet.
        """
        return await self._arrived().decide_text(fragments, facts, stored, style=style)

    async def decide_event(
        self, intent: str, entities: dict[str, str], facts: Facts, stored: Any
    ) -> Decision:
        """As Dialogue does.

        Raises:
            ModelNotReadyError: there is no model yet.
        """
        return await self._arrived().decide_event(intent, entities, facts, stored)

    def knows(self, intent: str) -> bool:
        """As Dialogue does.

        Raises:
            ModelNotReadyError: there is no model yet.
        """
        return self._arrived().knows(intent)

    @staticmethod
    def slots(stored: Any) -> dict[str, Any]:
        """As Dialogue does; this needs no model."""
        return dict((stored or {}).get("slots") or {})

    def close(self) -> None:
        """End the thread of the model, when there is one."""
        if self._dialogue is not None:
            self._dialogue.close()

    def _arrived(self) -> Dialogue:
        if self._dialogue is None:
            raise ModelNotReadyError
        return self._dialogue
