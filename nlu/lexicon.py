"""The crisis check that needs no model: rules over words, read from lexicon.yml.

It runs on every message before anything else and works when the model or the store fails. It
prefers a false alarm to a miss, yet knows figures of speech. What it cannot read (a new way of
saying it) is for the NLU model; neither replaces a person.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import yaml

from nlu.normalise import Normaliser

DEFAULT = Path(__file__).with_name("lexicon.yml")
FLAGS = frozenset({"fear", "control", "minor", "delusion", "stalking", "contact_ban", "read_along"})
_KEYS = frozenset({"id", "kind", "level", "flag", "needs", "patterns", "unless", "hits", "misses"})
_MACRO = re.compile(r"<([a-z_]+)>")
_WINDOW = 120  # how far around a match a cancelling phrase is looked for, in characters


class Level(StrEnum):
    """How sure and how urgent; compares by severity (NONE < ASK < ACT), not by spelling."""

    NONE = "none"
    ASK = "ask"
    ACT = "act"

    @property
    def severity(self) -> int:
        """0 for NONE up to 2 for ACT."""
        return tuple(Level).index(self)

    def __lt__(self, other: str) -> bool:
        return self.severity < Level(other).severity

    def __le__(self, other: str) -> bool:
        return self.severity <= Level(other).severity

    def __gt__(self, other: str) -> bool:
        return self.severity > Level(other).severity

    def __ge__(self, other: str) -> bool:
        return self.severity >= Level(other).severity


class Kind(StrEnum):
    """What the danger is; on equal level the first in this order wins, see PRIORITY."""

    SUICIDE = "suicide"
    VIOLENCE = "violence"
    CHILD = "child"
    HARM_OTHER = "harm_other"


PRIORITY = (Kind.SUICIDE, Kind.CHILD, Kind.VIOLENCE, Kind.HARM_OTHER)


class LexiconError(Exception):
    """lexicon.yml is not usable; the message names the rule and the cause."""


@dataclass(frozen=True, slots=True)
class Crisis:
    """What the lexicon found in a turn. Holds no text, so it may be logged and stored.

    Attributes:
        level: NONE, ASK (one direct, kind question) or ACT (help lines now).
        kind: None when the level is NONE.
        signals: the ids of all rules that matched, flags too, in the order of the file.
        flags: red flags that hold back tips without being a crisis; a subset of FLAGS.
    """

    level: Level
    kind: Kind | None
    signals: tuple[str, ...]
    flags: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of lexicon.yml.

    Attributes:
        needs: plain substrings; without one of them in the text the patterns are not tried.
        quick: all patterns in one, to find fast that none matches.
        unless: cancels a match which it overlaps, and no other.
        hits: lines that must match; misses: look-alikes that must not. Both for the tests.
    """

    id: str
    kind: Kind | None
    level: Level
    flag: str | None
    needs: tuple[str, ...]
    quick: re.Pattern[str]
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    hits: tuple[str, ...]
    misses: tuple[str, ...]

    def matches(self, plain: str) -> bool:
        """Says whether a plain text (see nlu.normalise) holds a match that is not cancelled."""
        if not any(need in plain for need in self.needs) or not self.quick.search(plain):
            return False
        return any(self._holds(pattern, plain) for pattern in self.patterns)

    def _holds(self, pattern: re.Pattern[str], plain: str) -> bool:
        found = pattern.search(plain)
        while found and self._cancelled(found, plain):
            found = pattern.search(plain, found.start() + 1)
        return found is not None

    def _cancelled(self, found: re.Match[str], plain: str) -> bool:
        if self.unless is None:
            return False
        start, end = max(found.start() - _WINDOW, 0), found.end() + _WINDOW
        while (excuse := self.unless.search(plain, start, end)) and excuse.start() < found.end():
            if excuse.end() > found.start():
                return True
            start = excuse.start() + 1
        return False


class Lexicon:
    """The rules, ready to check messages. Make one with `load` and keep it."""

    def __init__(self, rules: Sequence[Rule], normaliser: Normaliser) -> None:
        self.rules = tuple(rules)
        self._hints = tuple(r for r in rules if r.level is Level.NONE and r.kind)
        self._normaliser = normaliser

    @classmethod
    def load(cls, path: Path = DEFAULT) -> "Lexicon":
        """Reads and validates a lexicon file.

        Args:
            path: a YAML file; its head comment describes the format.

        Raises:
            LexiconError: the file is missing or no YAML, or a rule is not valid; the message
                names the rule and the cause.
        """
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as cause:
            raise LexiconError(f"{path.name}: {cause}") from cause
        if not isinstance(data, dict) or not isinstance(data.get("rules"), list):
            raise LexiconError(f"{path.name}: a mapping with a list 'rules' is expected")
        try:
            normaliser = Normaliser(
                data.get("words", {}), data.get("spellings", {}), data.get("masked", [])
            )
        except re.error as cause:
            raise LexiconError(f"{path.name}: spellings: {cause}") from cause
        macros = _macros(data.get("macros", {}))
        rules: dict[str, Rule] = {}
        for entry in data["rules"]:
            rule = _rule(entry, macros)
            if rule.id in rules:
                raise LexiconError(f"{rule.id}: this id is used twice")
            rules[rule.id] = rule
        return cls(tuple(rules.values()), normaliser)

    def check(self, fragments: Sequence[str]) -> Crisis:
        """Looks for danger in what a user sent, each message by itself and all together.

        Args:
            fragments: the messages of one turn as typed, oldest first. People spread a sentence
                over several messages, so they are read as one text too.

        Returns:
            The highest level found; on equal level the kind by PRIORITY. Violence against a user
            who shows to be a minor is of the kind CHILD.
        """
        plains = dict.fromkeys(self._plains(fragments))
        found = [rule for rule in self.rules if any(rule.matches(plain) for plain in plains)]
        level = max((rule.level for rule in found), default=Level.NONE)
        flags = frozenset(rule.flag for rule in found if rule.flag)
        kinds = {rule.kind for rule in found if rule.level == level}
        kind = next((kind for kind in PRIORITY if kind in kinds and level > Level.NONE), None)
        if kind is Kind.VIOLENCE and "minor" in flags:
            kind = Kind.CHILD
        return Crisis(level, kind, tuple(rule.id for rule in found), flags)

    def is_figure(self, kind: Kind, fragments: Sequence[str]) -> bool:
        """Says whether a turn holds a figure of speech, or a denial, that excuses words of a kind.

        Args:
            kind: whose rules know it.
            fragments: the messages of one turn.
        """
        excuses = [rule.unless for rule in self.rules if rule.kind is kind and rule.unless]
        return any(excuse.search(plain) for plain in self._plains(fragments) for excuse in excuses)

    def hints(self, fragments: Sequence[str]) -> frozenset[Kind]:
        """Looks for veiled signs that are too little to ask about when they stand alone.

        Args:
            fragments: the messages of one turn as typed, oldest first.
        """
        plains = dict.fromkeys(self._plains(fragments))
        return frozenset(
            rule.kind
            for rule in self._hints
            if rule.kind and any(rule.matches(plain) for plain in plains)
        )

    def _plains(self, fragments: Sequence[str]) -> Iterator[str]:
        for fragment in fragments:
            yield from self._normaliser.readings(fragment)
        if len(fragments) > 1:
            yield from self._normaliser.readings(" ".join(fragments))


def _macros(raw: object) -> dict[str, str]:
    """Checks the macros and fills in those which use an earlier one."""
    if not isinstance(raw, dict):
        raise LexiconError("macros: a mapping is expected")
    macros: dict[str, str] = {}
    for name, text in raw.items():
        macros[str(name)] = _expand(str(text), macros, f"macro {name}")
    return macros


def _expand(text: str, macros: Mapping[str, str], where: str) -> str:
    """Replaces each <name> by its macro."""
    unknown = [name for name in _MACRO.findall(text) if name not in macros]
    if unknown:
        raise LexiconError(f"{where}: unknown macro <{unknown[0]}>")
    return _MACRO.sub(lambda m: macros[m[1]], text)


def _rule(entry: object, macros: Mapping[str, str]) -> Rule:
    """Makes a rule from an entry of the file; raises LexiconError."""
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        raise LexiconError(f"a rule without a usable id: {str(entry)[:60]}")
    name = entry["id"]
    if unknown := sorted(set(map(str, entry)) - _KEYS):
        raise LexiconError(f"{name}: unknown key {unknown[0]!r}")
    try:
        level = Level(entry.get("level", ""))
        kind = Kind(entry["kind"]) if "kind" in entry else None
    except ValueError as cause:
        raise LexiconError(f"{name}: {cause}") from cause
    flag = entry.get("flag")
    if flag is not None and flag not in FLAGS:
        raise LexiconError(f"{name}: unknown flag {flag!r}")
    if level is not Level.NONE and kind is None:
        raise LexiconError(f"{name}: level ask or act needs a kind")
    if level is Level.NONE and (flag is None) == (kind is None):
        raise LexiconError(f"{name}: level none is for a flag, or for a hint of a kind")
    patterns = [_expand(p, macros, name) for p in _lines(entry, "patterns", name)]
    unless = [_expand(p, macros, name) for p in _lines(entry, "unless", name, required=False)]
    return Rule(
        id=name,
        kind=kind,
        level=level,
        flag=flag,
        needs=_lines(entry, "needs", name),
        quick=_compile("|".join(patterns), name),
        patterns=tuple(_compile(pattern, name) for pattern in patterns),
        unless=_compile("|".join(unless), name) if unless else None,
        hits=_lines(entry, "hits", name),
        misses=_lines(entry, "misses", name),
    )


def _lines(
    entry: Mapping[str, object], key: str, name: str, *, required: bool = True
) -> tuple[str, ...]:
    """Gives a key's list of strings; raises LexiconError when it is none, or empty."""
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(line, str) and line for line in value):
        raise LexiconError(f"{name}: {key!r} must be a list of texts")
    if required and not value:
        raise LexiconError(f"{name}: {key!r} is missing or empty")
    return tuple(value)


def _compile(pattern: str, name: str) -> re.Pattern[str]:
    """Compiles a pattern to match whole words; a leading space lets the engine skip fast."""
    try:
        return re.compile(f" (?:{pattern})(?= )")
    except re.error as cause:
        raise LexiconError(f"{name}: {pattern!r}: {cause}") from cause
