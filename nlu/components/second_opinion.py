"""When the second reader is asked, and how two readers become one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from nlu.components.danger import DANGER_KEY, IN_DOUBT, NO_DANGER, OPENNESS_KEY
from nlu.components.deep_reader import DEEP_KEY, READ_DEEPLY
from nlu.components.heads import DANGER_HEAD, INTENT_HEAD, OPENNESS_HEAD, STYLE_HEAD
from nlu.components.style_reader import QUICK_STYLE_KEY

STYLE_KEY = "style"
# In the metadata of a message whose communication style is wanted, whatever it says.
WANTS_STYLE = "wants_style"
# What no reader may be so sure of that the other has no say.
LEAST_SHARE = 1e-6
_RANKING = "intent_ranking"


class _Opinion(GraphComponent):
    """What both components below need of Rasa."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> _Opinion:
        """Make the component as Rasa's graph asks for it."""
        return cls(config)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class Doubt(_Opinion):
    """Has a message read deeply where the quick reader is unsure, or danger may be."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Sure is an intent from this share on; danger is possible from that share on."""
        return {"sure_from": 0.70, "danger_from": 0.05}

    def process(self, messages: list[Message]) -> list[Message]:
        """Mark the messages that are to be read deeply."""
        for message in messages:
            if message.get(TEXT):
                message.set(IN_DOUBT, self.unsure(message))
                wanted = (message.get(METADATA) or {}).get(WANTS_STYLE, False)
                message.set(READ_DEEPLY, wanted or message.get(IN_DOUBT))
        return messages

    def unsure(self, message: Message) -> bool:
        """Whether the quick reader needs a second opinion."""
        share = message.get(INTENT)[PREDICTED_CONFIDENCE_KEY]
        danger = 1.0 - message.get(DANGER_KEY)[NO_DANGER]
        return bool(share < self._config["sure_from"] or danger > self._config["danger_from"])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SecondOpinion(_Opinion):
    """Settles intent, danger and style as the geometric mean of both readers."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The weight of the deep reader; of the quick one it is the rest."""
        return {"intent_weight": 0.5, "danger_weight": 0.5, "style_weight": 0.5}

    def process(self, messages: list[Message]) -> list[Message]:
        """Settle the messages that were read deeply."""
        for message in messages:
            if deep := message.get(DEEP_KEY):
                styles = together(
                    message.get(QUICK_STYLE_KEY), deep[STYLE_HEAD], self._config["style_weight"]
                )
                name, score = max(styles.items(), key=lambda item: item[1])
                message.set(STYLE_KEY, {"name": name, "score": score}, add_to_output=True)
                if message.get(IN_DOUBT):
                    self._settle(message, deep)
        return messages

    def _settle(self, message: Message, deep: dict[str, dict[str, float]]) -> None:
        quick = {i[INTENT_NAME_KEY]: i[PREDICTED_CONFIDENCE_KEY] for i in message.get(_RANKING)}
        intents = together(quick, deep[INTENT_HEAD], self._config["intent_weight"])
        ranking = [
            {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: share}
            for name, share in sorted(intents.items(), key=lambda item: -item[1])
        ]
        message.set("intent", ranking[0], add_to_output=True)
        message.set(_RANKING, ranking, add_to_output=True)
        danger = together(message.get(DANGER_KEY), deep[DANGER_HEAD], self._config["danger_weight"])
        message.set(DANGER_KEY, danger)
        message.set(OPENNESS_KEY, deep[OPENNESS_HEAD]["act"])


def together(
    quick: Mapping[str, float], deep: Mapping[str, float], weight: float
) -> dict[str, float]:
    """The weighted geometric mean of two opinions, adding up to 1 (Genest & Zidek 1986).

    Args:
        quick: share of each answer.
        deep: the same of the other reader, for the same answers.
        weight: of the deep reader, 0 to 1.
    """
    shares = {
        answer: math.exp(
            (1 - weight) * math.log(max(quick.get(answer, 0.0), LEAST_SHARE))
            + weight * math.log(max(share, LEAST_SHARE))
        )
        for answer, share in deep.items()
    }
    total = sum(shares.values())
    return {answer: share / total for answer, share in shares.items()}
