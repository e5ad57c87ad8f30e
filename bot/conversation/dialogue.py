"""Rasa in this process: a message and the facts in, Steps out."""

from __future__ import annotations

import asyncio
import contextvars
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

# Off before the import: Rasa reports to its vendor unless told not to.
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
# One message is too small to share between threads: they cost more time than they save.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
os.environ.setdefault("TF_NUM_INTEROP_THREADS", "1")

from bot.conversation.light_rasa import without_training

with without_training():
    from rasa.core.channels.channel import OutputChannel, UserMessage
    from rasa.core.lock_store import InMemoryLockStore
    from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
    from rasa.core.processor import MessageProcessor
    from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted

from bot.conversation.steps import Step, read_steps
from bot.conversation.tracker_store import (
    TurnTrackerStore,
    close_tracker,
    open_tracker,
    turn_tracker,
)
from bot.conversation.understanding import NO_CRISIS, Decision, Understanding
from nlu.components.second_opinion import WANTS_STYLE
from nlu.components.sentence_encoder import encoder
from nlu.facts import Facts


class StepChannel(OutputChannel):
    """Where Rasa's responses go: every one is a map of Steps."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @classmethod
    def name(cls) -> str:
        """Rasa's name for this channel."""
        return "steps"

    async def send_custom_json(
        self, recipient_id: str, json_message: dict[str, Any], **kwargs: Any
    ) -> None:
        """Collect the Steps of a response."""
        self.steps += read_steps(json_message)

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Refuse: words live in content."""
        raise TypeError("a response of the domain must be a custom map")


class OneActionProcessor(MessageProcessor):
    """Rasa's processor for stories in which each message leads to one action.

    Rasa would ask all policies once more after it, only to hear that the bot listens: a fifth of
    the time of a turn. tests/unit/test_stories.py holds every rule to one action.
    """

    @staticmethod
    def should_predict_another_action(action_name: str) -> bool:
        """Never: one message, one action."""
        return False


class ModelError(Exception):
    """Rasa could not decide; the message says where, never what the user wrote."""


class Dialogue:
    """The model, loaded once; one decision at a time, in a thread of its own.

    Args:
        model: the trained model's file.

    Raises:
        rasa.exceptions.ModelNotFound: there is no model in that file.
    """

    def __init__(self, model: Path) -> None:
        domain = Domain.empty()
        with without_training():
            self._processor = OneActionProcessor(
                model,
                InMemoryTrackerStore(domain),
                InMemoryLockStore(),
                TemplatedNaturalLanguageGenerator({}),
            )
        # It reads its weights at the first line: not while somebody waits for the answer.
        encoder().encode([""])
        self._domain: Domain = self._processor.domain
        self._processor.tracker_store = TurnTrackerStore(self._domain)
        self._processor.nlg = TemplatedNaturalLanguageGenerator(self._domain.responses)
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="rasa")

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, *, style: bool = False
    ) -> Decision:
        """Decide on what a user typed.

        Args:
            fragments: the messages of one turn, in order.
            facts: what the bot knows of this chat.
            stored: the stored tracker, None for a new chat.
            style: the communication style is wanted, which takes longer.

        Raises:
            ModelError: Rasa failed.
        """
        # A text never enters Rasa with a slash in front: Rasa would read it as an intent.
        text = "\n".join(fragment.strip().lstrip("/ \t\u200b\ufeff") for fragment in fragments)
        metadata = {WANTS_STYLE: True} if style else None
        message = UserMessage(text or "…", StepChannel(), metadata=metadata)
        return await self._run(message, facts, stored)

    async def decide_event(
        self, intent: str, entities: dict[str, str], facts: Facts, stored: Any
    ) -> Decision:
        """Decide on a button or command, whose meaning is certain.

        Args:
            intent: an intent of the domain.
            entities: values that come with it.
            facts: what the bot knows of this chat.
            stored: the stored tracker, None for a new chat.

        Raises:
            ModelError: Rasa failed.
        """
        best = {"name": intent, "confidence": 1.0}
        message = UserMessage("", StepChannel())
        message.parse_data = {
            "text": "",
            "intent": best,
            "intent_ranking": [best],
            "entities": [{"entity": name, "value": value} for name, value in entities.items()],
            "crisis": dict(NO_CRISIS),
        }
        return await self._run(message, facts, stored)

    def knows(self, intent: str) -> bool:
        """Whether a button may mean an intent; danger is only ever found in words."""
        return intent in self._domain.intents and not intent.startswith("crisis_")

    @staticmethod
    def slots(stored: Any) -> dict[str, Any]:
        """What a stored conversation is about."""
        return dict((stored or {}).get("slots") or {})

    async def _run(self, message: UserMessage, facts: Facts, stored: Any) -> Decision:
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, context.run, self._handle, message, facts, stored
        )

    def _handle(self, message: UserMessage, facts: Facts, stored: Any) -> Decision:
        tracker = open_tracker(message.sender_id, stored, facts, self._domain)
        turn_tracker.set(tracker)
        try:
            asyncio.run(self._processor.handle_message(message))
        except Exception as error:
            raise ModelError(type(error).__name__) from error
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self._domain)
        steps = tuple(message.output_channel.steps)
        if not steps:
            raise ModelError("no step")
        latest = tracker.latest_message
        return Decision(
            understanding=Understanding.from_parse(latest.parse_data if latest else {}),
            steps=steps,
            slots={name: slot.value for name, slot in tracker.slots.items()},
            tracker=close_tracker(tracker, self._domain),
        )

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown(wait=True)
