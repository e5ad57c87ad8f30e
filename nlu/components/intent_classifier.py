"""Which of the intents of a message: one linear model on two views of it."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack
from scipy.special import softmax
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from nlu.components.sentence_encoder import VECTOR_SIZE, shorten
from nlu.normalise import Normaliser

FILE_NAME = "intent_classifier.joblib"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(RasaIntentClassifier, GraphComponent):
    """Logistic regression on the sentence vector and on character n-grams.

    The vector knows what a sentence means, the n-grams forgive typos and know
    Flemish and chat spelling; together they beat either (docs/decisions/0005).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Strength of the regularisation and the weight of the sentence vector."""
        return {"C": 6.0, "vector_weight": 1.5, "max_iter": 300, "ranking_length": 10}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._ngrams = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(1, 5),
            min_df=2,
            sublinear_tf=True,
            preprocessor=Normaliser.fold,
            dtype=np.float32,
        )
        self._model = LogisticRegression(
            C=self._config["C"],
            max_iter=self._config["max_iter"],
            class_weight="balanced",
            random_state=42,
        )
        self._weights = np.empty((0, 0), dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
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
    ) -> IntentClassifier:
        """Load the trained model from the model archive."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._ngrams, component._model = joblib.load(folder / FILE_NAME)
        # In the order that a sparse product reads; as scikit-learn keeps them, each message
        # would copy all of them first (3 ms).
        component._weights = np.ascontiguousarray(component._model.coef_.T, dtype=np.float32)
        return component

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default; Rasa hands on what config.yml says."""

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that have an intent, and keep the model.

        Args:
            training_data: examples with their sentence vectors.

        Returns:
            The resource under which the model was stored.
        """
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        self._ngrams.fit([e.get(TEXT) for e in examples])
        self._model.fit(self._features(examples), [e.get(INTENT) for e in examples])
        with self._model_storage.write_to(self._resource) as folder:
            joblib.dump((self._ngrams, self._model), folder / FILE_NAME, compress=3)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent` and `intent_ranking` (best first) on each message with text."""
        with_text = [message for message in messages if message.get(TEXT)]
        if not with_text:
            return messages
        logits = self._features(with_text) @ self._weights + self._model.intercept_
        for message, row in zip(with_text, softmax(logits, axis=1), strict=True):
            ranking = [
                {
                    INTENT_NAME_KEY: str(self._model.classes_[i]),
                    PREDICTED_CONFIDENCE_KEY: float(row[i]),
                }
                for i in np.argsort(-row)[: self._config["ranking_length"]]
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _features(self, messages: list[Message]) -> csr_matrix:
        """Character n-grams and weighted sentence vector, a row a message."""
        ngrams = self._ngrams.transform([shorten(m.get(TEXT)) for m in messages])
        vectors = np.zeros((len(messages), VECTOR_SIZE), dtype=np.float32)
        for row, message in enumerate(messages):
            _, sentence = message.get_dense_features(TEXT)
            if sentence is not None:
                vectors[row] = sentence.features[0]
        return hstack([ngrams, csr_matrix(vectors * self._config["vector_weight"])]).tocsr()
