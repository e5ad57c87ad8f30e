"""The quick reader of communication style: a linear model on letters and words."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline

from nlu.components.deep_reader import READ_DEEPLY, STYLES, style_lines
from nlu.components.spelling_corrector import read_as
from nlu.normalise import Normaliser

FILE_NAME = "style_reader.joblib"
# On a message that is read deeply: the share of each style, as this reader sees it.
QUICK_STYLE_KEY = "quick_style"
WORD_OR_SIGN = r"\w+|[!?.,]"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class StyleReader(GraphComponent):
    """Logistic regression on n-grams of letters and of words with punctuation.

    How something is said stands in small words and signs, not in its subject: a sentence vector
    makes this reader worse (docs/decisions/0005).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Strength of the regularisation."""
        return {"C": 3.0, "max_iter": 300}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._model = self._untrained()

    def _untrained(self) -> Pipeline:
        shared = {
            "min_df": 2, "sublinear_tf": True, "preprocessor": Normaliser.fold,
            "dtype": np.float32,
        }  # fmt: skip
        letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **shared)
        words = TfidfVectorizer(ngram_range=(1, 3), token_pattern=WORD_OR_SIGN, **shared)
        return make_pipeline(
            FeatureUnion([("letters", letters), ("words", words)]),
            LogisticRegression(
                C=self._config["C"], max_iter=self._config["max_iter"], random_state=42
            ),
        )

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> StyleReader:
        """Make an untrained component as Rasa's graph asks for it."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> StyleReader:
        """Load the trained model from the model archive."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = joblib.load(folder / FILE_NAME)
        return component

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default; Rasa hands on what config.yml says."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The lines beside Rasa's own training data, so that its cache sees them change."""
        return "".join(file.read_text(encoding="utf-8") for file in STYLES)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the lines said to characters, and keep the model.

        Args:
            training_data: nothing of it is used; styles have lines of their own.

        Returns:
            The resource under which the model was stored.
        """
        lines = style_lines(*STYLES)
        self._model.fit([text for text, _ in lines], [style for _, style in lines])
        with self._model_storage.write_to(self._resource) as folder:
            joblib.dump(self._model, folder / FILE_NAME, compress=3)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the share of each style on the messages that are read deeply too."""
        for message in messages:
            if message.get(TEXT) and message.get(READ_DEEPLY):
                [shares] = self._model.predict_proba([read_as(message)])
                named = zip(self._model.classes_.tolist(), shares.tolist(), strict=True)
                message.set(QUICK_STYLE_KEY, dict(named))
        return messages
