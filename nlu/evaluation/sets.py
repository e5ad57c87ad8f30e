"""The evaluation sets: lines that nobody trained on, with what they mean.

`dev` may be read and tuned on. `held_out` is frozen by its hash and never read for tuning:
only aggregates of it are printed.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
TRAINING = Path(__file__).parents[1] / "data"
SETS = {"dev": FOLDER / "dev", "held_out": FOLDER / "held_out"}
RED_TEAM = {name: FOLDER / "redteam" / f"{name}.yml" for name in ("dev", "held_out")}
STYLE = {name: FOLDER / "style" / f"{name}.yml" for name in ("dev", "held_out")}
# A changed line is a changed set, and old figures no longer compare.
FROZEN = (SETS["held_out"], RED_TEAM["held_out"], STYLE["held_out"])


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an evaluation set.

    Args:
        text: what a user types.
        intent: what it means.
        voice: how this user writes (adult, teen, flemish, second_language, older, formal).
        relation: about whom, when the line says so.
        veiled: danger in veiled words.
        hard_negative: harmless words that sound like danger.
    """

    text: str
    intent: str
    voice: str
    relation: str | None = None
    veiled: bool = False
    hard_negative: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """One line of a red-team set: danger, or what only looks like it.

    Args:
        text: what is typed, in one message or two.
        kind: of danger, "none" for a look-alike.
        level: what it calls for at least: act (said openly), ask (veiled) or none.
        where: chat, roleplay, checkin or exercise.
        voice: how this user writes.
    """

    text: tuple[str, ...]
    kind: str
    level: str
    where: str
    voice: str


@dataclass(frozen=True, slots=True)
class Styled:
    """One line said to a character of a role-play, with its communication style."""

    text: str
    style: str
    voice: str


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
    for file in files:
        yield from yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def read(path: Path) -> list[Line]:
    """Read a set: a YAML file, or a folder of them in the order of their names.

    Raises:
        TypeError: an entry has other fields than a Line.
    """
    return [Line(**entry) for entry in _entries(path)]


def read_attempts(path: Path) -> list[Attempt]:
    """Read a red-team set.

    Raises:
        TypeError: an entry has other fields than an Attempt.
    """
    return [Attempt(**{**entry, "text": tuple(entry["text"])}) for entry in _entries(path)]


def read_styles(path: Path) -> list[Styled]:
    """Read a set of communication styles.

    Raises:
        TypeError: an entry has other fields than a Styled.
    """
    return [Styled(**entry) for entry in _entries(path)]


def hash_file(path: Path) -> Path:
    """Where the hash of a frozen set stands: beside it."""
    return path.with_suffix(".sha256")


def fingerprint(path: Path) -> str:
    """The hash of a set's files."""
    digest = hashlib.sha256()
    for file in sorted(path.glob("*.yml")) if path.is_dir() else [path]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def training_lines(folder: Path = TRAINING) -> list[tuple[str, str]]:
    """(text, intent) of all training examples, without entity marks."""
    found = []
    for file in sorted(folder.glob("*.yml")):
        for item in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]:
            for line in str(item.get("examples", "")).splitlines() if "intent" in item else ():
                text = re.sub(r"\[([^\]]*)\](\{[^}]*\}|\([^)]*\))", r"\1", line.strip()[2:])
                if text:
                    found.append((text, item["intent"]))
    return found


def shingles(text: str) -> frozenset[str]:
    """Groups of four letters of a text in one plain form: what near copies share."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = " ".join(re.findall(r"[a-z0-9]+", plain))
    return frozenset(letters[i : i + 4] for i in range(max(1, len(letters) - 3)))
