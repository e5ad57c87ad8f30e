"""The crisis check inside the model: lexicon and classifier together.

It has the last word on the intent: no message with danger in it goes on as
something else, and nothing is called a crisis that neither of the two sees.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from nlu.lexicon import Kind, Level, Lexicon

CRISIS_KEY = "crisis"
INTENT_PREFIX = "crisis_"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisCheck(GraphComponent):
    """Sets `crisis` {level, kind, signals, flags} on each message and settles its intent."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """From which confidence the classifier alone leads to a question, or to help lines."""
        return {"ask_from": 0.30, "act_from": 0.90}

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = {**self.get_default_config(), **config}
        self._lexicon = Lexicon.load()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CrisisCheck:
        """Make the component as Rasa's graph asks for it."""
        return cls(config)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Every value has a default."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Check each message; fragments of one turn are its lines."""
        for message in messages:
            self._check(message)
        return messages

    def _check(self, message: Message) -> None:
        found = self._lexicon.check((message.get(TEXT) or "").split("\n"))
        ranking = list(message.get("intent_ranking") or [])
        level, kind, signals = found.level, found.kind, found.signals
        if level is Level.NONE:
            level, kind = self._from_classifier(ranking)
            signals = ("classifier",) if kind else ()
        message.set(
            CRISIS_KEY,
            {
                "level": str(level),
                "kind": str(kind) if kind else None,
                "signals": list(signals),
                "flags": sorted(found.flags),
            },
            add_to_output=True,
        )
        if kind:
            crisis = {INTENT_NAME_KEY: f"{INTENT_PREFIX}{kind}", PREDICTED_CONFIDENCE_KEY: 1.0}
            others = [i for i in ranking if i[INTENT_NAME_KEY] != crisis[INTENT_NAME_KEY]]
            ranking = [crisis, *others]
        else:
            ranking = [i for i in ranking if not i[INTENT_NAME_KEY].startswith(INTENT_PREFIX)]
        if ranking:
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)

    def _from_classifier(self, ranking: list[dict[str, Any]]) -> tuple[Level, Kind | None]:
        """The crisis intents count together: torn between two dangers is still danger."""
        dangers = [i for i in ranking if i[INTENT_NAME_KEY].startswith(INTENT_PREFIX)]
        share = sum(danger[PREDICTED_CONFIDENCE_KEY] for danger in dangers)
        if share < self._config["ask_from"]:
            return Level.NONE, None
        level = Level.ACT if share >= self._config["act_from"] else Level.ASK
        return level, Kind(dangers[0][INTENT_NAME_KEY].removeprefix(INTENT_PREFIX))
