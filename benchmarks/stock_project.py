"""A stock Rasa assistant from TeVoet's own training data, the way `rasa init` sets one up."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from bot.settings import ROOT

EXAMPLES_AN_INTENT = 10
MODEL = "stock.tar.gz"
# [je zus](relation) and [zus]{"entity": ...}: annotations of entities in Rasa's examples.
ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")

Examples = dict[str, list[str]]


def own_examples() -> Examples:
    """All training examples of nlu/data, by intent and in the order of the files."""
    examples: Examples = {}
    for path in sorted((ROOT / "nlu" / "data").glob("*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            if "intent" in block:
                lines = [line.removeprefix("- ") for line in block["examples"].splitlines()]
                examples.setdefault(block["intent"], []).extend(filter(None, lines))
    return examples


def as_typed(example: str) -> str:
    """An example without its annotations."""
    return ANNOTATION.sub(r"\1", example)


def default_config(epochs: int) -> dict[str, Any]:
    """What `rasa train` of Rasa 3.6 suggests when config.yml names no pipeline and policies."""
    learned = {"epochs": epochs, "constrain_similarities": True}
    return {
        "recipe": "default.v1",
        "assistant_id": "stock",
        "language": "nl",
        "pipeline": [
            {"name": "WhitespaceTokenizer"},
            {"name": "RegexFeaturizer"},
            {"name": "LexicalSyntacticFeaturizer"},
            {"name": "CountVectorsFeaturizer"},
            {
                "name": "CountVectorsFeaturizer",
                "analyzer": "char_wb",
                "min_ngram": 1,
                "max_ngram": 4,
            },
            {"name": "DIETClassifier", **learned},
            {"name": "EntitySynonymMapper"},
            {"name": "ResponseSelector", **learned},
            {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
        ],
        "policies": [
            {"name": "MemoizationPolicy"},
            {"name": "RulePolicy"},
            {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": epochs},
            {"name": "TEDPolicy", "max_history": 5, **learned},
        ],
    }


def project_files(examples: Examples, epochs: int) -> Mapping[str, dict[str, Any]]:
    """The files of the assistant: one text response an intent, given by a rule or a story.

    Args:
        examples: by intent; the first ten of each are used.
        epochs: for every component that learns.
    """
    intents = list(examples)
    rules, stories = [], []
    for number, intent in enumerate(intents):
        steps = [{"intent": intent}, {"action": f"utter_{intent}"}]
        # Half of each, so that the learned policies have something to learn.
        if number % 2:
            rules.append({"rule": intent, "steps": steps})
        else:
            stories.append({"story": intent, "steps": steps})
    return {
        "config.yml": default_config(epochs),
        "domain.yml": {
            "version": "3.1",
            "intents": intents,
            "responses": {
                f"utter_{intent}": [{"text": f"Antwoord op {intent}."}] for intent in intents
            },
            "session_config": {
                "session_expiration_time": 60,
                "carry_over_slots_to_new_session": True,
            },
        },
        "data/nlu.yml": {
            "version": "3.1",
            "nlu": [
                {
                    "intent": intent,
                    "examples": "".join(
                        f"- {as_typed(line)}\n" for line in lines[:EXAMPLES_AN_INTENT]
                    ),
                }
                for intent, lines in examples.items()
            ],
        },
        "data/rules.yml": {"version": "3.1", "rules": rules},
        "data/stories.yml": {"version": "3.1", "stories": stories},
    }


def trained_stock(cache: Path, epochs: int) -> Path:
    """Train the stock assistant, unless this very one was trained before.

    Args:
        cache: where projects and their models are kept.
        epochs: for every component that learns.

    Returns:
        The model's file.

    Raises:
        subprocess.CalledProcessError: Rasa could not train; its messages were shown.
    """
    files = {
        name: yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
        for name, content in project_files(own_examples(), epochs).items()
    }
    made_of = "\0".join([version("rasa"), *files, *files.values()])
    folder = cache / hashlib.sha256(made_of.encode()).hexdigest()[:16]
    model = folder / MODEL
    if model.exists():
        return model
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    rasa = Path(sys.executable).with_name("rasa")
    training = folder / "training"
    # Rasa's own progress bars go to standard error, and so does what it prints.
    subprocess.run(
        [rasa, "train", "--data", "data", "--out", training, "--fixed-model-name", MODEL],
        cwd=folder,
        env={
            **os.environ,
            "RASA_TELEMETRY_ENABLED": "false",
            "RASA_CACHE_DIRECTORY": str(training / "cache"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
        },
        stdout=sys.stderr,
        check=True,
    )
    (training / MODEL).replace(model)
    shutil.rmtree(training)
    return model
