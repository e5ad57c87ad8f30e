"""The second reader: asked where Doubt says so; SecondOpinion settles it with the quick one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import yaml
from rasa.engine.caching import LocalTrainingCache
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.danger import LOOK_ALIKES, look_alikes
from nlu.components.spelling_corrector import read_as
from nlu.encoder.reader import Reader
from nlu.encoder.tokens import tokens
from nlu.encoder.weights import installed

FILE_NAME = "deep_reader.npz"
NLU = Path(__file__).parents[1]
STYLES = (NLU / "style" / "train.yml", NLU / "style" / "train_more.yml")
# All that learns; what only reads may change under what was learnt.
CODE = [
    NLU / name
    for name in (
        "components/lessons.py", "components/heads.py", "spelling.py", "typos.py",
        "encoder/network.py", "encoder/tokens.py", "encoder/weights.py",
    )
]  # fmt: skip
# What was learnt, beside Rasa's own cache.
FOLDER = "deep_reader"
RUNS_KEPT = 3
# On a message: that it is to be read deeply, and what came of it, for each head the shares of
# its answers.
READ_DEEPLY = "read_deeply"
DEEP_KEY = "deep"


def style_lines(*files: Path) -> list[tuple[str, str]]:
    """(text, style) of the lines said to a character, in files of Rasa's format."""
    return [
        (line.strip()[2:], item["intent"])
        for file in files
        for item in yaml.safe_load(file.read_text(encoding="utf-8"))["nlu"]
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
        self._reader: Reader | None = None

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
            component._reader = Reader(installed(), kept, answers)
        component._reader.ask(tokens().of(""))
        return component

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default; Rasa hands on what config.yml says."""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """What is learnt from beside Rasa's training data, and how: its cache must see changes."""
        files = (*STYLES, LOOK_ALIKES)
        return "".join(path.read_text(encoding="utf-8") for path in files) + _code()

    # --- learning ------------------------------------------------------------------

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from examples, look-alikes of danger and styles; keep what was learnt.

        Rasa trains anew when a story changes. What was learnt of the same lines is kept beside
        its cache, as learning takes minutes.

        Args:
            training_data: examples with an intent; those of danger may tell their level.

        Returns:
            The resource under which the model was stored.
        """
        # TensorFlow is for learning only.
        from nlu.components.lessons import Lesson, learn

        examples = [
            Lesson(e.get(TEXT), intent=e.get(INTENT), level=_level(e))
            for e in training_data.intent_examples
            if e.get(TEXT)
        ]
        alike = [Lesson(text) for text in look_alikes()]
        styles = [Lesson(text, style=style) for text, style in style_lines(*STYLES)]
        kept = joblib.Memory(LocalTrainingCache._get_cache_location() / FOLDER, verbose=0)
        learnt = kept.cache(learn)([*sorted(examples), *alike, *styles], self._config, _code())
        kept.reduce_size(items_limit=RUNS_KEPT)
        with self._model_storage.write_to(self._resource) as folder:
            np.savez(folder / FILE_NAME, **learnt)
        return self._resource

    # --- reading -------------------------------------------------------------------

    def process(self, messages: list[Message]) -> list[Message]:
        """Read the messages that are to be read deeply."""
        assert self._reader is not None, "trained or loaded"  # noqa: S101
        for message in messages:
            if message.get(TEXT) and message.get(READ_DEEPLY):
                found = self._reader.ask(tokens().of(read_as(message)))
                answers = self._reader.answers
                message.set(
                    DEEP_KEY,
                    {
                        head: dict(zip(answers[head], shares.tolist(), strict=True))
                        for head, shares in found.items()
                    },
                )
        return messages


def _level(example: Message) -> str:
    """How openly an example speaks of danger, where its author said so."""
    return ((example.get(METADATA) or {}).get(INTENT) or {}).get("level", "")


def _code() -> str:
    """The source of all that learns."""
    return "".join(path.read_text(encoding="utf-8") for path in CODE)
