"""Mends typos for all that reads after it; the text itself stays as it was typed."""

from __future__ import annotations

import json
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.danger import LOOK_ALIKES, look_alikes
from nlu.spelling import Speller, words_of

FILE_NAME = "words.json"
# On a message: its text as the readers read it.
_READ_AS = "read_as"


def read_as(message: Message) -> str:
    """The text of a message with its likely typos mended; "" when it has none.

    Args:
        message: a message of a user, or an example, which is read as it stands.
    """
    return message.get(_READ_AS) or message.get(TEXT) or ""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SpellingCorrector(GraphComponent):
    """Lets the readers see words as they were likely meant."""

    def __init__(
        self, model_storage: ModelStorage, resource: Resource, speller: Speller | None = None
    ) -> None:
        self._model_storage, self._resource = model_storage, resource
        self._speller = speller

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpellingCorrector:
        """Make an untrained component as Rasa's graph asks for it."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SpellingCorrector:
        """Load the words of our own lines from the model archive."""
        with model_storage.read_from(resource) as folder:
            own = json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))
        return cls(model_storage, resource, Speller(own))

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is nothing to configure."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The lines beside Rasa's own training data, so that its cache sees them change."""
        return LOOK_ALIKES.read_text(encoding="utf-8")

    def train(self, training_data: TrainingData) -> Resource:
        """Count the words of the lines that the readers learn from.

        Args:
            training_data: examples.

        Returns:
            The resource under which the words were stored.
        """
        texts = [e.get(TEXT) for e in training_data.intent_examples if e.get(TEXT)]
        own = words_of([*texts, *look_alikes()])
        with self._model_storage.write_to(self._resource) as folder:
            (folder / FILE_NAME).write_text(json.dumps(own, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add to each message how it is read."""
        assert self._speller is not None, "loaded"  # noqa: S101
        for message in messages:
            if text := message.get(TEXT):
                message.set(_READ_AS, self._speller.mend(text))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Leave the examples as they are: their words are the right ones."""
        return training_data
