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
from rasa.shared.nlu.constants import (
    INTENT_NAME_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from nlu.components.danger import DANGER_KEY, DANGERS, IN_DOUBT, INTENT_PREFIX, OPENNESS_KEY
from nlu.components.second_opinion import WANTS_STYLE
from nlu.components.spelling_corrector import read_as
from nlu.lexicon import Crisis, Kind, Level, Lexicon

CRISIS_KEY = "crisis"
RANKING_LENGTH = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisCheck(GraphComponent):
    """Sets `crisis` {level, kind, signals, flags} on each message and settles its intent."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """From which share of danger the readers alone lead to a question, or to help lines.

        A wrong question about a child or about hurting somebody hurts more than one about not
        wanting to live, so it takes more. Set on dev (docs/decisions/0005).
        """
        return {
            "ask_from": {"suicide": 0.30, "violence": 0.35, "child": 0.50, "harm_other": 0.45},
            "act_from": 0.50,
            "open_from": 0.20,
            # A line to a character of a role-play is about a story: it takes more to break it off.
            "times_in_play": 1.5,
            # "Ik kan hem wel schieten": words of hurting somebody that are only a way of speaking.
            "figure_from": 0.80,
            # An age alone sounds like a child in danger, and gets lines for the young anyway.
            "ask_minor_from": 0.65,
        }

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
        found = self._found(message)
        ranking = list(message.get("intent_ranking") or [])
        level, kind = found.level, found.kind
        signals = found.signals if kind else ()
        if level < Level.ACT:
            # Where the rules would ask, the readers may see that it is said openly.
            read, read_kind = self._from_readers(message, minor="minor" in found.flags)
            if read > level and kind in (None, read_kind):
                level, kind, signals = read, read_kind, (*signals, "readers")
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
            message.set("intent_ranking", ranking[:RANKING_LENGTH], add_to_output=True)

    def _found(self, message: Message) -> Crisis:
        """What the lexicon finds in the text as it was typed, or as it is read if that is worse."""
        text = message.get(TEXT) or ""
        typed = self._lexicon.check(text.split("\n"))
        # Most messages hold no typo: they are looked up once.
        if read_as(message) == text:
            return typed
        read = self._lexicon.check(read_as(message).split("\n"))
        return read if (read.level, len(read.flags)) > (typed.level, len(typed.flags)) else typed

    def _from_readers(self, message: Message, *, minor: bool) -> tuple[Level, Kind | None]:
        """The kinds count together: torn between two dangers is still danger.

        Two questions were put to the readers, which danger it is and which intent; the share
        of a danger is the mean of both answers.
        """
        if not message.get(IN_DOUBT):
            return Level.NONE, None
        intents = {
            i[INTENT_NAME_KEY]: i[PREDICTED_CONFIDENCE_KEY] for i in message.get("intent_ranking")
        }
        shares = {
            kind: (message.get(DANGER_KEY)[kind] + intents[f"{INTENT_PREFIX}{kind}"]) / 2
            for kind in DANGERS
        }
        likeliest = max(DANGERS, key=shares.__getitem__)
        danger, kind = sum(shares.values()), Kind(likeliest)
        age_only, figure = minor and kind is Kind.CHILD, self._is_figure(kind, message)
        if danger < self._ask_from(kind, message, age_only=age_only, figure=figure):
            return Level.NONE, None
        # An age, a way of speaking, and the hard things that people say to a character: what
        # only the readers find there is asked about.
        may_act = not (age_only or figure or _in_play(message))
        openly = message.get(OPENNESS_KEY) >= self._config["open_from"]
        act = may_act and openly and danger >= self._config["act_from"]
        return Level.ACT if act else Level.ASK, kind

    def _is_figure(self, kind: Kind, message: Message) -> bool:
        text = message.get(TEXT) or ""
        return kind is Kind.HARM_OTHER and self._lexicon.is_figure(kind, text.split("\n"))

    def _ask_from(self, kind: Kind, message: Message, *, age_only: bool, figure: bool) -> float:
        """From which share of danger a question is asked."""
        config = self._config
        share: float = config["ask_minor_from"] if age_only else config["ask_from"][kind]
        if figure:
            share = config["figure_from"]
        return share * config["times_in_play"] if _in_play(message) else share


def _in_play(message: Message) -> bool:
    """Whether it is a line to a character of a role-play."""
    return bool((message.get(METADATA) or {}).get(WANTS_STYLE))
