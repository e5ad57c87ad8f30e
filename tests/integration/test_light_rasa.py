"""A process that only reads messages never loads TensorFlow; one that trains still can."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bot.settings import ROOT

READS = """
import sys
from pathlib import Path
from bot.conversation.dialogue import Dialogue
Dialogue(Path(sys.argv[1])).close()
print(sorted({"tensorflow", "transformers", "torch"} & set(sys.modules)))
"""
THEN_TRAINS = """
import bot.conversation.dialogue
from rasa.graph_components.validators.default_recipe_validator import DefaultV1RecipeValidator
from rasa.utils.tensorflow.callback import RasaTrainingLogger
print(hasattr(DefaultV1RecipeValidator, "validate"), hasattr(RasaTrainingLogger, "on_epoch_end"))
"""


def printed(program: str, *arguments: str) -> str:
    """What a new Python prints."""
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return ran.stdout.strip()


def test_reading_loads_no_tensorflow(model: Path) -> None:
    assert printed(READS, str(model)) == "[]"


def test_who_trains_afterwards_gets_the_real_classes() -> None:
    assert printed(THEN_TRAINS) == "True True"
