"""The evaluation sets: lines that nobody trained on, with what they mean.

`dev` may be read and tuned on. `held_out` is frozen by its hash and never read for tuning:
only aggregates of it are printed.
"""

from __future__ import annotations

import hashlib
import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).parent
TRAINING = Path(__file__).parents[1] / "data"
SETS = {"dev": FOLDER / "dev", "held_out": FOLDER / "held_out"}
# Kept beside the set: a changed line is a changed set, and old figures no longer compare.
HASH_FILE = FOLDER / "held_out.sha256"
NOISE_SHARE = 0.10
_NEIGHBOURS = {
    "a": "qsz", "b": "vgn", "c": "xdv", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy",
    "i": "uok", "j": "hku", "k": "jli", "l": "kop", "m": "nk", "n": "bmh", "o": "ipl", "p": "ol",
    "q": "wa", "r": "etf", "s": "adw", "t": "ryg", "u": "yij", "v": "cbf", "w": "qes", "x": "zcs",
    "y": "tuh", "z": "xa",
}  # fmt: skip


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


def read(path: Path) -> list[Line]:
    """Read a set: a YAML file, or a folder of them in the order of their names.

    Raises:
        TypeError: an entry has other fields than a Line.
    """
    files = sorted(path.glob("*.yml")) if path.is_dir() else [path]
    return [
        Line(**entry)
        for file in files
        for entry in yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    ]


def fingerprint(path: Path) -> str:
    """The hash of a set's files."""
    digest = hashlib.sha256()
    for file in sorted(path.glob("*.yml")):
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


def noisy(text: str, seed: int) -> str:
    """A text with one in ten letters mistyped: swapped, dropped, doubled, or a neighbouring key.

    Args:
        text: any text.
        seed: the same seed gives the same mistakes.
    """
    chance = random.Random(seed)  # noqa: S311
    letters = list(text)
    for at, letter in enumerate(letters):
        if not letter.isalpha() or chance.random() >= NOISE_SHARE:
            continue
        mistake = chance.choice(("swap", "drop", "double", "neighbour"))
        if mistake == "swap" and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif mistake == "drop":
            letters[at] = ""
        elif mistake == "double":
            letters[at] = letter * 2
        else:
            letters[at] = chance.choice(_NEIGHBOURS.get(letter.lower(), letter))
    return "".join(letters)
