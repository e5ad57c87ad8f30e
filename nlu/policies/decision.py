"""The base of our own policies: one decision for each message of the user."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.training_data.message import Message

from bot.content import Content, load
from nlu.facts import FACTS_SLOT, Facts

# After a question of ours a message is its answer, unless it is this clear that it is not:
# "gisteren nog" sounds like asking for more.
CLEARLY_NO_ANSWER = 0.90


@lru_cache(maxsize=1)
def _content() -> Content:
    """All copy, read once a process for all policies."""
    return load()


@dataclass(frozen=True, slots=True)
class Decision:
    """An action of the domain and the slots that it needs or leaves behind."""

    action: str
    slots: dict[str, Any] = field(default_factory=dict)


class DecisionPolicy(Policy):
    """A Rasa policy that is a function of tracker and facts, and learns nothing.

    After the user has spoken it decides on one action, or leaves the turn to the
    other policies; after its own action it listens.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: TrackerFeaturizer | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        # Content is read when the model loads: a new tip needs no training.
        self.prepare(_content())

    @abstractmethod
    def prepare(self, content: Content) -> None:
        """Take what is needed of the content, when the model loads.

        Args:
            content: all copy.
        """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Rasa asks every policy for a priority; config.yml sets the real one."""
        return {"priority": 1}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> DecisionPolicy:
        """There is nothing trained to load."""
        return cls(config, model_storage, resource, execution_context)

    def train(
        self,
        training_trackers: list[TrackerWithCachedStates],
        domain: Domain,
        **kwargs: Any,
    ) -> Resource:
        """Nothing to learn: the choices are made by hand and by content."""
        return self._resource

    @abstractmethod
    def decide(self, tracker: DialogueStateTracker, facts: Facts) -> Decision | None:
        """What to do with the latest message of the user; None leaves it to others."""

    def notes(self, tracker: DialogueStateTracker, facts: Facts) -> dict[str, Any]:
        """Slots to remember whoever wins the turn."""
        return {}

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        precomputations: Any = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Rasa's question: which action is next?"""
        facts = tracker.get_slot(FACTS_SLOT)
        if tracker.latest_action_name == ACTION_LISTEN_NAME and isinstance(facts, Facts):
            noted = _slot_events(self.notes(tracker, facts))
            decision = self.decide(tracker, facts)
            if decision is not None:
                return self._certain(decision.action, domain, _slot_events(decision.slots), noted)
            return self._prediction(self._default_predictions(domain), events=noted)
        elif tracker.latest_action_name in self.actions():
            return self._certain(ACTION_LISTEN_NAME, domain, [])
        return self._prediction(self._default_predictions(domain))

    @classmethod
    @abstractmethod
    def actions(cls) -> frozenset[str]:
        """The names of the domain's actions that this policy chooses from."""

    def _certain(
        self,
        action: str,
        domain: Domain,
        events: Sequence[SlotSet],
        noted: Sequence[SlotSet] = (),
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        probabilities[domain.index_for_action(action)] = 1.0
        # Optional events apply only when this policy wins the turn, the others always.
        return self._prediction(probabilities, events=list(noted), optional_events=list(events))


def _slot_events(slots: Mapping[str, Any]) -> list[SlotSet]:
    return [SlotSet(name, value) for name, value in slots.items()]


def latest_intent(tracker: DialogueStateTracker) -> tuple[str, float]:
    """Name and confidence of the latest message's intent ("" and 0 when there is none)."""
    message: Message | None = tracker.latest_message
    intent = (message.intent if message else None) or {}
    return intent.get("name") or "", float(intent.get("confidence") or 0.0)


def last_action(tracker: DialogueStateTracker) -> str | None:
    """What the bot did last."""
    return next(
        (
            event.action_name
            for event in reversed(tracker.events)
            if isinstance(event, ActionExecuted) and event.action_name != ACTION_LISTEN_NAME
        ),
        None,
    )
