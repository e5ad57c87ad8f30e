"""The quick reader: linear models on two views of a message, for its intent and its danger."""

from __future__ import annotations

from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
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

from nlu.components.danger import DANGER_KEY, LOOK_ALIKES, NO_DANGER, danger_of, look_alikes
from nlu.components.sentence_encoder import VECTOR_SIZE, encoder, shorten
from nlu.components.spelling_corrector import read_as
from nlu.normalise import Normaliser

FILE_NAME = "intent_classifier.joblib"
# What a look-alike of danger means: any intent, but no danger.
ANY_HARMLESS = "any_harmless"
# So that nothing is divided by zero.
LEAST_SHARE = 1e-9


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(RasaIntentClassifier, GraphComponent):
    """Logistic regression on the sentence vector and on character n-grams.

    The vector knows what a sentence means, the n-grams forgive typos and know
    Flemish and chat spelling; together they beat either (docs/decisions/0005).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Strength of the regularisation and the weight of the sentence vector."""
        return {"C": 6.0, "vector_weight": 1.5, "max_iter": 80}

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
        self._intents = self._untrained(class_weight="balanced")
        # In life danger is rare, as it is in the data.
        self._dangers = self._untrained(class_weight=None)

    def _untrained(self, class_weight: str | None) -> LogisticRegression:
        return LogisticRegression(
            C=self._config["C"],
            max_iter=self._config["max_iter"],
            class_weight=class_weight,
            random_state=42,
        )

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
            component._ngrams, component._intents, component._dangers = joblib.load(
                folder / FILE_NAME
            )
        for model in (component._intents, component._dangers):
            # In the order that a sparse product reads; as scikit-learn keeps them, each message
            # would copy all of them first (3 ms).
            model.weights_ = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        return component

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default; Rasa hands on what config.yml says."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """The lines beside Rasa's own training data, so that its cache sees them change."""
        return LOOK_ALIKES.read_text(encoding="utf-8")

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from the examples that have an intent, and keep the models.

        Args:
            training_data: examples with their sentence vectors.

        Returns:
            The resource under which the models were stored.
        """
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        alike = look_alikes()
        texts = [e.get(TEXT) for e in examples] + alike
        vectors = np.vstack([*map(_vector, examples), encoder().encode(alike)])
        self._ngrams.fit(texts)
        features = self._features(texts, vectors)
        intents = [e.get(INTENT) for e in examples] + [ANY_HARMLESS] * len(alike)
        self._intents.fit(features, intents)
        self._dangers.fit(features, [danger_of(intent) for intent in intents])
        with self._model_storage.write_to(self._resource) as folder:
            joblib.dump(
                (self._ngrams, self._intents, self._dangers), folder / FILE_NAME, compress=3
            )
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set `intent`, `intent_ranking` (best first) and `danger` on each message with text."""
        for message in messages:
            if not message.get(TEXT):
                continue
            features = self._features([read_as(message)], _vector(message))
            ranking = [
                {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: share}
                for name, share in _named(_shares(self._intents, features))
            ]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
            message.set(DANGER_KEY, dict(_shares(self._dangers, features)))
        return messages

    def _features(self, texts: list[str], vectors: npt.NDArray[np.float32]) -> csr_matrix:
        """Character n-grams and weighted sentence vector, a row a text."""
        ngrams = self._ngrams.transform([shorten(text) for text in texts])
        return hstack([ngrams, csr_matrix(vectors * self._config["vector_weight"])]).tocsr()


def _named(shares: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The intents alone: the share of ANY_HARMLESS goes to all that are no danger."""
    harmless = dict(shares)[ANY_HARMLESS]
    others = sum(s for name, s in shares if danger_of(name) == NO_DANGER) - harmless
    more = 1 + harmless / max(others, LEAST_SHARE)
    named = [
        (name, share * more if danger_of(name) == NO_DANGER else share)
        for name, share in shares
        if name != ANY_HARMLESS
    ]
    return sorted(named, key=lambda item: -item[1])


def _vector(message: Message) -> npt.NDArray[np.float32]:
    """The sentence vector of a message, shape (1, VECTOR_SIZE); zeros when it has none."""
    _, sentence = message.get_dense_features(TEXT)
    return sentence.features if sentence else np.zeros((1, VECTOR_SIZE), dtype=np.float32)


def _shares(model: LogisticRegression, features: csr_matrix) -> list[tuple[str, float]]:
    """The classes of a text with their probabilities, best first."""
    shares = softmax((features @ model.weights_ + model.intercept_)[0])
    return [(str(model.classes_[i]), float(shares[i])) for i in np.argsort(-shares)]
