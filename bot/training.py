"""Training: Rasa's own training, only when something changed, with progress shown."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONFIG = "nlu/config.yml"
DOMAIN = "stories/domain"
TRAINING_DATA = ("nlu/data", "stories/rules", "stories/stories")
# What a model learns from. The lexicon and the policies are read when it is loaded, so they need
# no training: like content, they may change under a trained model.
SOURCES = (
    "nlu/config.yml",
    "nlu/data/**/*.yml",
    "nlu/look_alikes.yml",
    "nlu/style/*.yml",
    "nlu/components/*.py",
    "nlu/encoder/*.py",
    "nlu/normalise.py",
    "nlu/spelling.py",
    "nlu/typos.py",
    "stories/domain/*.yml",
    "stories/rules/*.yml",
    "stories/stories/*.yml",
)
MODELS_KEPT = 3


def fingerprint() -> str:
    """A hash of everything that a model is made of.

    Returns:
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    paths = sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)})
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def trained_model(models_dir: Path) -> Path | None:
    """The model of the present sources, None when it has to be trained.

    Args:
        models_dir: where models are kept.
    """
    path = models_dir / f"tevoet-{fingerprint()}.tar.gz"
    return path if path.exists() else None


class TrainingError(Exception):
    """Rasa could not train; its own messages say why."""


class _Stages(logging.Handler):
    """Hears from the logs which component is being trained, and how far it is."""

    STAGE = re.compile(r"Starting to train component '(\w+)'|Learnt (\d+ %)")

    def __init__(self, tell: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._tell, self._stage = tell, ""

    def emit(self, record: logging.LogRecord) -> None:
        if found := self.STAGE.search(record.getMessage()):
            self._stage = found.group(1) or self._stage
            self._tell(" ".join(filter(None, (self._stage, found.group(2)))))


def train(models_dir: Path, tell: Callable[[str], None] = lambda stage: None) -> Path:
    """Train a model, unless the one of the present sources is there.

    Args:
        models_dir: where models are kept.
        tell: called with the name of each component that is trained.

    Returns:
        The model's file.

    Raises:
        TrainingError: the training data or the configuration is wrong.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    with (models_dir / "training.lock").open("w") as lock:
        # A second process waits and finds the model of the first.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return trained_model(models_dir) or _train(models_dir, tell)


def _train(models_dir: Path, tell: Callable[[str], None]) -> Path:
    # Off before the import: Rasa reports to its vendor unless told not to.
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    # The program's own folder may be read-only.
    os.environ.setdefault("RASA_CACHE_DIRECTORY", str(models_dir / "cache"))
    tell("rasa")
    from rasa.model_training import train as rasa_train

    path = models_dir / f"tevoet-{fingerprint()}.tar.gz"
    listener = _Stages(tell)
    logs = [logging.getLogger(name) for name in ("rasa", "nlu")]
    levels = [log.level for log in logs]
    for log in logs:
        log.addHandler(listener)
        log.setLevel(logging.INFO)
        log.propagate = False
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        # Trained beside its place and then moved: a half-written model is never found.
        # Rasa prints to standard output, where a caller may write JSON.
        with (
            tempfile.TemporaryDirectory(dir=models_dir) as folder,
            redirect_stdout(sys.stderr),
        ):
            result = rasa_train(
                domain=DOMAIN,
                config=CONFIG,
                training_files=[f for f in TRAINING_DATA if (ROOT / f).exists()],
                output=folder,
                fixed_model_name=path.name,
            )
            if result.code != 0 or not result.model:
                raise TrainingError("Rasa did not make a model")
            Path(result.model).replace(path)
    finally:
        os.chdir(before)
        for log, level in zip(logs, levels, strict=True):
            log.removeHandler(listener)
            log.setLevel(level)
            log.propagate = True
    _forget_old_models(models_dir)
    return path


def _forget_old_models(models_dir: Path) -> None:
    models = sorted(models_dir.glob("tevoet-*.tar.gz"), key=lambda p: p.stat().st_mtime)
    for path in models[:-MODELS_KEPT]:
        path.unlink(missing_ok=True)
