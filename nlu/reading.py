"""What a line in a role-play does: rules over words, read from reading.yml.

The style says how something is said; this says what is in it. It knows only what its lists
know: a feeling in rare words is missed, and nothing but a hint or a point hangs on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from nlu.normalise import Normaliser

DEFAULT = Path(__file__).with_name("reading.yml")
NAMED = ("event", "feeling", "need", "request")
KINDS = (*NAMED, "answer", "talk", "stop", "too_much")
_LIST = re.compile(r"<([a-z_]+)>")
# A word that both use must be longer than this to count as taking up what the other said.
_SHORT = 4
_STEM = 6


@dataclass(frozen=True, slots=True)
class Reading:
    """What a line does.

    Args:
        does: event, feeling, need, request, answer.
        empty: there is no word in it.
        spoken: it is said to somebody, or does any of the above.
        stop: the user wants to end the play.
        too_much: the play comes too close.
    """

    does: frozenset[str]
    empty: bool
    spoken: bool
    stop: bool
    too_much: bool


class Reader:
    """Reads lines by the rules of a file.

    Args:
        rules: patterns by kind, see reading.yml.

    Raises:
        re.error: a pattern is no regular expression.
        KeyError: a list of words or a kind is missing.
    """

    def __init__(self, rules: Mapping[str, Mapping[str, Sequence[str] | str]]) -> None:
        words = rules["words"]
        self._casts = rules["casts"]

        def fill(pattern: str) -> str:
            return _LIST.sub(lambda found: f"(?:{words[found[1]]})", pattern)

        self._patterns = {
            kind: re.compile(
                "|".join(
                    rf"(?<!\w)(?:{fill(pattern)})(?!\w)" for pattern in rules[kind]["patterns"]
                )
            )
            for kind in KINDS
        }

    @staticmethod
    @cache
    def load(path: Path = DEFAULT) -> Reader:
        """The reader of a file."""
        return Reader(yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))

    def read(self, text: str, answering: str = "") -> Reading:
        """Read one line.

        Args:
            text: what the user typed.
            answering: what the other said before.
        """
        plain = " ".join(Normaliser.fold(text).replace(",", " ").split())
        found = {kind for kind in KINDS if self._patterns[kind].search(plain)}
        does = found & {*NAMED, "answer"}
        if _words(plain) & _words(Normaliser.fold(answering)):
            does.add("answer")
        return Reading(
            does=frozenset(does),
            empty=not re.search(r"\w", plain),
            spoken=bool(does or "talk" in found),
            stop="stop" in found,
            too_much="too_much" in found,
        )

    def cast(self, text: str, name: str) -> str | None:
        """Whom somebody asks for: `other` to practise with a person of a case, `me` to be it.

        Args:
            text: what was typed.
            name: of the person.
        """
        plain = " ".join(Normaliser.fold(text).replace(",", " ").split())
        plain = plain.replace(Normaliser.fold(name), "NAME")
        for who, patterns in self._casts.items():
            if any(re.search(rf"(?<!\w)(?:{pattern})(?!\w)", plain) for pattern in patterns):
                return who
        return None


def _words(text: str) -> set[str]:
    """The beginnings of the longer words: "etentje" and "etentjes" are one."""
    return {word[:_STEM] for word in re.findall(r"[^\W\d_]+", text) if len(word) > _SHORT}
