"""Rasa's own commands work on nlu/ and stories/ by themselves, without TeVoet's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from bot.settings import ROOT
from bot.training import CONFIG, DOMAIN, TRAINING_DATA

DATA = [folder for folder in TRAINING_DATA if (ROOT / folder).exists()]
TEST_STORIES = ROOT / "stories" / "tests"
TINY = {
    "version": "3.1",
    "nlu": [
        {"intent": "greet", "examples": "- hoi\n- goedemorgen\n"},
        {"intent": "bot_challenge", "examples": "- ben jij een echt mens?\n"},
        {"intent": "ask_tip", "examples": "- geef me een tip\n"},
    ],
}


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it printed."""

    code: str
    output: str


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rasa")


@pytest.fixture(scope="module")
def commands(folder: Path, model: Path) -> dict[str, Done]:
    """All commands, one after the other, in the repository's folder and with an empty cache."""
    tiny = folder / "nlu.yml"
    tiny.write_text(yaml.safe_dump(TINY, allow_unicode=True), encoding="utf-8")
    sources = ["--config", CONFIG, "--domain", DOMAIN, "--data", *DATA]
    commands: dict[str, list[object]] = {
        "validate": ["data", "validate", *sources],
        "train": ["train", *sources, "--dry-run", "--out", folder / "models"],
        "nlu": [
            *("test", "nlu", "--nlu", tiny, "--config", CONFIG, "--domain", DOMAIN),
            *("--model", model, "--out", folder / "nlu", "--no-plot"),
        ],
        "core": [
            *("test", "core", "--stories", TEST_STORIES, "--model", model, "--e2e"),
            *("--out", folder / "core", "--no-plot", "--fail-on-prediction-errors"),
        ],
    }
    subprocess.run(
        [sys.executable, Path(__file__).with_name("rasa_commands.py"), folder],
        input=json.dumps({name: [str(word) for word in c] for name, c in commands.items()}),
        cwd=ROOT,
        env={
            **os.environ,
            "RASA_TELEMETRY_ENABLED": "false",
            "RASA_CACHE_DIRECTORY": str(folder / "cache"),
            "MPLCONFIGDIR": str(folder),
        },
        text=True,
        timeout=250,
        check=True,
    )
    return {
        name: Done(
            (folder / f"{name}.code").read_text(encoding="utf-8"),
            (folder / f"{name}.log").read_text(encoding="utf-8"),
        )
        for name in commands
    }


def test_the_data_is_valid(commands: dict[str, Done]) -> None:
    done = commands["validate"]
    assert done.code == "0", done.output
    assert " ERROR " not in done.output
    assert "Story structure validation completed" in done.output or (
        "No story structure conflicts found" in done.output
    ), done.output


def test_rasa_can_train_on_the_folders(commands: dict[str, Done], folder: Path) -> None:
    """A dry run reads and checks everything; with an empty cache all of it waits for training."""
    done = commands["train"]
    assert "The model needs to be retrained" in done.output, done.output
    # Rasa's own code for that.
    assert done.code == "1"
    assert "Error" not in done.output
    assert not (folder / "models").exists()


def test_rasa_measures_the_model_on_a_file(commands: dict[str, Done], folder: Path) -> None:
    done = commands["nlu"]
    assert done.code == "0", done.output
    report = json.loads((folder / "nlu" / "intent_report.json").read_text(encoding="utf-8"))
    assert report["accuracy"] == 1.0
    assert report["greet"]["support"] == 2


def test_every_test_story_goes_as_written(commands: dict[str, Done], folder: Path) -> None:
    done = commands["core"]
    assert done.code == "0", done.output
    report = json.loads((folder / "core" / "story_report.json").read_text(encoding="utf-8"))
    assert report["conversation_accuracy"]["accuracy"] == 1.0
    assert report["conversation_accuracy"]["total"] == len(_stories())


def _stories() -> list[dict[str, object]]:
    return [
        story
        for path in TEST_STORIES.glob("test_*.yml")
        for story in yaml.safe_load(path.read_text(encoding="utf-8"))["stories"]
    ]


def test_every_rule_has_a_test_story() -> None:
    tested = {story["story"] for story in _stories()}
    rules = {
        rule["rule"]
        for path in (ROOT / "stories" / "rules").glob("*.yml")
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]
    }
    assert rules
    assert rules <= tested
