"""The second reader: asked where Doubt says so; SecondOpinion settles it with the quick one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import (
    INTENT,
    METADATA,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.danger import (
    DANGERS,
    LOOK_ALIKES,
    NO_DANGER,
    danger_of,
    look_alikes,
)
from nlu.encoder.network import Network, Task
from nlu.encoder.tokens import Tokens
from nlu.encoder.weights import Weights
from nlu.typos import mistyped

logger = logging.getLogger(__name__)

FILE_NAME = "deep_reader.npz"
STYLES = Path(__file__).parents[1] / "style" / "train.yml"
ENCODER = Path(__file__).parents[1] / "encoder"
# On a message: that it is to be read deeply, and what came of it, for each head the shares of
# its answers.
READ_DEEPLY = "read_deeply"
DEEP_KEY = "deep"
INTENT_HEAD, DANGER_HEAD, OPENNESS_HEAD, STYLE_HEAD = "intent", "danger", "openness", "style"
_LEVELS = ("ask", "act")


@lru_cache(maxsize=1)
def _weights() -> Weights:
    """The encoder's weights, opened once a process."""
    return Weights()


@lru_cache(maxsize=1)
def _tokens() -> Tokens:
    """The encoder's vocabulary, read once a process (0.6 s)."""
    return Tokens(_weights())


def style_lines() -> list[tuple[str, str]]:
    """(text, style) of the lines said to Saskia, Bob, Eduard or Joyce."""
    data = yaml.safe_load(STYLES.read_text(encoding="utf-8"))["nlu"]
    return [
        (line.strip()[2:], item["intent"])
        for item in data
        for line in item["examples"].splitlines()
        if line.strip()
    ]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DeepReader(RasaIntentClassifier, GraphComponent):
    """multilingual-e5-small with four heads: intent, danger, how openly it is said, style.

    It costs several times what the quick reader does (docs/decisions/0005).
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """How many of the upper layers learn, for how long, with how many mistyped versions."""
        return {"tuned_layers": 4, "epochs": 4, "mistyped": 1, "rate": 2e-4}

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource
    ) -> None:
        self._config = {**self.get_default_config(), **config}
        self._model_storage = model_storage
        self._resource = resource
        self._network: Network | None = None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DeepReader:
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
    ) -> DeepReader:
        """Load what was learnt from the model archive, and read one line to warm up."""
        component = cls(config, model_storage, resource)
        with (
            model_storage.read_from(resource) as folder,
            np.load(folder / FILE_NAME) as kept,
        ):
            answers = {
                name.removeprefix("answers."): kept[name].tolist()
                for name in kept.files
                if name.startswith("answers.")
            }
            component._network = Network(_weights(), component._config["tuned_layers"], answers)
            component._network.restore(kept)
        component._network.ask(_tokens().of(""))
        return component

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default; Rasa hands on what config.yml says."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What is learnt from beside Rasa's training data, and how: its cache must see changes."""
        sources = [STYLES, LOOK_ALIKES, *sorted(ENCODER.glob("*.py"))]
        return "".join(source.read_text(encoding="utf-8") for source in sources)

    # --- learning ------------------------------------------------------------------

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from examples, look-alikes of danger and styles; keep what was learnt.

        Args:
            training_data: examples with an intent; those of danger may tell their level.

        Returns:
            The resource under which the model was stored.
        """
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        alike, styles = look_alikes(), style_lines()
        texts = [e.get(TEXT) for e in examples] + alike + [text for text, _ in styles]
        intents = [e.get(INTENT) for e in examples]
        dangers = [danger_of(intent) for intent in intents] + [NO_DANGER] * len(alike)
        tasks = {
            INTENT_HEAD: _task(intents, sorted(set(intents)), texts, smoothing=0.1),
            DANGER_HEAD: _task(dangers, (NO_DANGER, *DANGERS), texts, smoothing=0.02),
            OPENNESS_HEAD: _task(map(_level, examples), _LEVELS, texts, smoothing=0.05, weight=0.5),
            STYLE_HEAD: _task(
                [None] * (len(examples) + len(alike)) + [style for _, style in styles],
                sorted({style for _, style in styles}), texts, smoothing=0.05,
            ),
        }  # fmt: skip
        answers = {name: task.answers for name, task in tasks.items()}
        network = Network(_weights(), self._config["tuned_layers"], answers)
        logger.info("Reading %d lines", len(texts))
        versions = [network.lower_states([_tokens().of(text) for text in texts])]
        for version in range(1, 1 + self._config["mistyped"]):
            typed = [mistyped(text, version * len(texts) + i) for i, text in enumerate(texts)]
            versions.append(network.lower_states([_tokens().of(text) for text in typed]))
        network.learn(versions, tasks, self._config["epochs"], self._config["rate"], seed=42)
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(
                folder / FILE_NAME,
                **network.trained(),
                **{f"answers.{name}": np.array(values) for name, values in answers.items()},
            )
        return self._resource

    # --- reading -------------------------------------------------------------------

    def process(self, messages: list[Message]) -> list[Message]:
        """Read the messages that are to be read deeply."""
        assert self._network is not None, "trained or loaded"  # noqa: S101
        for message in messages:
            if message.get(TEXT) and message.get(READ_DEEPLY):
                found = self._network.ask(_tokens().of(message.get(TEXT)))
                answers = self._network.answers
                message.set(
                    DEEP_KEY,
                    {
                        head: dict(zip(answers[head], shares.tolist(), strict=True))
                        for head, shares in found.items()
                    },
                )
        return messages


def _level(example: Message) -> str | None:
    """How openly an example speaks of danger, where its author said so."""
    return ((example.get(METADATA) or {}).get(INTENT) or {}).get("level")


def _task(
    given: Any, answers: Sequence[str], texts: Sequence[str], smoothing: float, weight: float = 1.0
) -> Task:
    """Targets from answers given line by line; None and missing ones at the end say nothing."""
    targets = np.zeros((len(texts), len(answers)), dtype=np.float32)
    number = {answer: i for i, answer in enumerate(answers)}
    for row, answer in enumerate(given):
        if answer is not None:
            targets[row, number[answer]] = 1
    return Task(tuple(answers), targets, smoothing, weight)
