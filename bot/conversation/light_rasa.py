"""Rasa for reading alone: TensorFlow stays out of the process.

Rasa's processor imports, six modules deep, callbacks for training neural networks; and a model that
is loaded names the classes of its training too. With either comes TensorFlow: 400 MB and seconds.
TeVoet trains none of Rasa's networks (docs/decisions/0022).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

# Where TensorFlow would come in, and what is wanted of it there.
TRAINING_ONLY = {
    "rasa.utils.tensorflow.callback": ("RasaTrainingLogger", "RasaModelCheckpoint"),
    "rasa.utils.tensorflow.data_generator": ("RasaBatchDataGenerator",),
    "rasa.graph_components.validators.default_recipe_validator": ("DefaultV1RecipeValidator",),
}


@contextmanager
def without_training() -> Iterator[None]:
    """While Rasa is imported or loads a model: empty classes in the place of those for training.

    Whoever asks for these modules afterwards gets the real ones.
    """
    missing = [name for name in TRAINING_ONLY if name not in sys.modules]
    for name in missing:
        stand_in = ModuleType(name)
        for wanted in TRAINING_ONLY[name]:
            setattr(stand_in, wanted, type(wanted, (), {}))
        sys.modules[name] = stand_in
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]
