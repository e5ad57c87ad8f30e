"""What a message tells besides its concern: who broke the trust, what was tried and is wished.

Rules over words, read from particulars.yml, as the crisis lexicon is: what is found here changes
which tip comes first, so every finding can be shown and explained.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from nlu.schedule.words import fold

DEFAULT = Path(__file__).with_name("particulars.yml")
BOTH = "both"
_MACRO = re.compile(r"<([a-z]+)>")
_PUNCTUATION = re.compile(r"[^\w ]+")


@dataclass(frozen=True, slots=True)
class Particulars:
    """What was told besides the concern.

    Args:
        side: who broke the trust, seen from the user: "breaker" (the user did), "hurt" (the other
            did), "both", or None when it was not said.
        tried: tips whose idea the user has already tried.
        wished: tips whose idea the user wants.
        intense: the user is overwhelmed now.
    """

    side: str | None = None
    tried: frozenset[str] = frozenset()
    wished: frozenset[str] = frozenset()
    intense: bool = False

    @property
    def one_side(self) -> str | None:
        """The side when it is one of the two."""
        return None if self.side == BOTH else self.side

    def side_in(self, known_side: str | None) -> str | None:
        """Whose trust it was: who says the concern decides that; where either may, what was told.

        Args:
            known_side: of the concern; None when either side says it.
        """
        return known_side or self.one_side

    def with_more(self, later: Particulars) -> Particulars:
        """These and those of a later message; of two sides the later counts."""
        return Particulars(
            later.side or self.side,
            self.tried | later.tried,
            self.wished | later.wished,
            self.intense or later.intense,
        )

    def as_json(self) -> dict[str, Any]:
        """For a slot of the tracker."""
        return {
            "side": self.side,
            "tried": sorted(self.tried),
            "wished": sorted(self.wished),
            "intense": self.intense,
        }

    @classmethod
    def from_json(cls, stored: dict[str, Any] | None) -> Particulars:
        """From a slot of the tracker; nothing is known when it is empty."""
        if not stored:
            return cls()
        return cls(
            stored["side"], frozenset(stored["tried"]), frozenset(stored["wished"]),
            stored["intense"],
        )  # fmt: skip


def read_particulars(text: str) -> Particulars:
    """What a message tells besides its concern.

    Args:
        text: as typed.
    """
    rules = _rules(DEFAULT)
    plain = " ".join(_PUNCTUATION.sub(" ", fold(text)).split())
    sides = [side for side in ("breaker", "hurt") if rules[f"sides.{side}"].search(plain)]

    def tips(group: str) -> frozenset[str]:
        return frozenset(
            name.removeprefix(group)
            for name, rule in rules.items()
            if name.startswith(group) and rule.search(plain)
        )

    tried = tips("tried.")
    return Particulars(
        side=BOTH if len(sides) > 1 else next(iter(sides), None),
        tried=tried,
        # "We wilden praten, maar dat hebben we al gedaan": what was tried is no longer a wish.
        wished=tips("wished.") - tried,
        intense=bool(rules["intense"].search(plain)),
    )


def read_side(text: str) -> str | None:
    """The side that answers the question who broke the trust; None when it does not.

    Args:
        text: as typed, by itself or in a sentence.
    """
    plain = " ".join(_PUNCTUATION.sub(" ", fold(text)).split())
    rules = _rules(DEFAULT)
    short = (side for side in ("breaker", "hurt", BOTH) if rules[f"asked.{side}"].fullmatch(plain))
    return next(short, None) or read_particulars(text).side


@lru_cache(maxsize=1)
def _rules(path: Path) -> dict[str, re.Pattern[str]]:
    """One pattern for each thing that can be found, by its path in the file."""
    data: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    macros = {
        name: value if name == "own" else f"{value.strip()}".replace("| ", "|")
        for name, value in data.items()
        if isinstance(value, str)
    }

    def one(patterns: list[str]) -> re.Pattern[str]:
        whole = "|".join(_MACRO.sub(lambda m: macros[m.group(1)], p) for p in patterns)
        return re.compile(rf"\b(?:{whole})\b")

    rules = {
        f"{group}.{name}": one(patterns)
        for group in ("asked", "sides", "tried", "wished")
        for name, patterns in data[group].items()
    }
    return {**rules, "intense": one(data["intense"])}
