"""Nothing that Rasa does leaves this machine: no telemetry, no downloads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

CONFIG = """
recipe: default.v1
language: nl
assistant_id: tiny
pipeline:
  - name: WhitespaceTokenizer
  - name: KeywordIntentClassifier
policies:
  - name: RulePolicy
"""
DOMAIN = """
version: "3.1"
intents: [greet, goodbye]
responses: {utter_greet: [{custom: {say: greet}}]}
"""
DATA = """
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - hoi
      - hallo
  - intent: goodbye
    examples: |
      - doei
      - dag
"""
RULES = """
version: "3.1"
rules:
  - rule: greet back
    steps: [{intent: greet}, {action: utter_greet}]
"""
# Somebody who uses Rasa for other work and let it report.
TELEMETRY_ON = """
metrics:
  enabled: true
  rasa_user_id: 0123456789abcdef
  date: 2026-11-22
"""
# Runs in a process of its own: it imports Rasa anew, with every way out watched.
PROGRAM = """
import asyncio, json, os, socket, sys
from pathlib import Path

tried = []

def watched(name):
    def refuse(self, *args, **kwargs):
        address = args[0] if args else None
        if getattr(self, "family", None) != socket.AF_UNIX:
            tried.append(f"{name} {address}")
            raise OSError("no network here")
    return refuse

for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, watched(name))

def refuse_name(*args, **kwargs):
    tried.append(f"getaddrinfo {args[:2]}")
    raise OSError("no network here")

socket.getaddrinfo = refuse_name

from bot import training
training.ROOT = Path(sys.argv[1])
trained = training.train(Path(sys.argv[1]) / "models")

from rasa.telemetry import is_telemetry_enabled
reports = [is_telemetry_enabled()]
os.environ.pop("RASA_TELEMETRY_ENABLED", None)

from datetime import UTC, datetime
from bot.conversation.dialogue import Dialogue
from bot.conversation.steps import step_as_json
from nlu.facts import Facts
dialogue = Dialogue(Path(sys.argv[2]))
facts = Facts(datetime(2026, 11, 22, tzinfo=UTC))
decision = asyncio.run(dialogue.decide_text(["ik voel wantrouwen"], facts, None))
dialogue.close()
reports.append(is_telemetry_enabled())
print(json.dumps({
    "tried": tried,
    "reports": reports,
    "trained": trained.exists(),
    "steps": [step_as_json(step) for step in decision.steps],
}))
"""


@pytest.fixture
def tiny_project(tmp_path: Path) -> Path:
    """A project that trains in seconds, by the same code as the real one."""
    for name, text in {
        "nlu/config.yml": CONFIG,
        "stories/domain/domain.yml": DOMAIN,
        "nlu/data/nlu.yml": DATA,
        "stories/rules/rules.yml": RULES,
    }.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "project"


def test_training_and_handling_a_message_open_no_connection(
    tiny_project: Path, model: Path, tmp_path: Path
) -> None:
    choice = tmp_path / ".config" / "rasa" / "global.yml"
    choice.parent.mkdir(parents=True)
    choice.write_text(TELEMETRY_ON)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RASA_")}
    environment["HOME"] = str(tmp_path)
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tiny_project), str(model)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    result = json.loads(finished.stdout.splitlines()[-1])
    assert result["trained"]
    assert result["steps"][0] == {"acknowledge": "feel_mistrust"}
    assert result["tried"] == []
    # This release of Rasa reports only for who bought it; another may again for everybody.
    assert result["reports"] == [False, False]
