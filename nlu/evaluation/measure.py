"""What the figures are: pure functions over lines and what the model made of them."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from nlu.evaluation.sets import Attempt, Line

CRISIS = "crisis_"
CALIBRATION_BINS = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model made of one line.

    Args:
        ranking: (intent, probability), best first.
        crisis: none, ask or act.
        relation: about whom, as found.
        options: the meanings that the bot would offer to choose from; empty when it does not ask.
        seconds: how long the model took.
        style: communication style, when it was looked at.
    """

    ranking: tuple[tuple[str, float], ...]
    crisis: str
    relation: str | None
    options: tuple[str, ...]
    seconds: float
    style: str | None = None

    @property
    def intent(self) -> str:
        """The likeliest intent."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def confidence(self) -> float:
        """Its probability."""
        return self.ranking[0][1] if self.ranking else 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the 95 % interval of Wilson (1927)."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share, 0 when there is nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Lower and upper bound."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.96, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
        return max(0.0, middle - reach), min(1.0, middle + reach)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:.3f} ({low:.3f}-{high:.3f}, n={self.of})"


Pair = tuple[Line, Heard]


def share(pairs: Iterable[Pair], hit: Callable[[Line, Heard], bool]) -> Share:
    """How often something holds."""
    verdicts = [hit(line, heard) for line, heard in pairs]
    return Share(sum(verdicts), len(verdicts))


def right(line: Line, heard: Heard) -> bool:
    """The likeliest intent is the right one."""
    return heard.intent == line.intent


def right_after_asking(line: Line, heard: Heard) -> bool:
    """Right at once, or among the options that the user may choose from."""
    return line.intent in heard.options if heard.options else right(line, heard)


def f1_by_intent(pairs: Sequence[Pair]) -> dict[str, tuple[float, float, float, int]]:
    """Precision, recall, F1 and number of lines, for each intent that has lines."""
    found, true, hits = Counter[str](), Counter[str](), Counter[str]()
    for line, heard in pairs:
        true[line.intent] += 1
        found[heard.intent] += 1
        hits[line.intent] += right(line, heard)
    result = {}
    for intent, count in sorted(true.items()):
        precision = hits[intent] / found[intent] if found[intent] else 0.0
        recall = hits[intent] / count
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        result[intent] = (precision, recall, f1, count)
    return result


def macro_f1(pairs: Sequence[Pair]) -> float:
    """The mean of the intents' F1."""
    return statistics.fmean(f1 for _, _, f1, _ in f1_by_intent(pairs).values())


def by_voice(pairs: Sequence[Pair]) -> dict[str, Share]:
    """Accuracy for each voice."""
    groups = defaultdict(list)
    for line, heard in pairs:
        groups[line.voice].append((line, heard))
    return {voice: share(group, right) for voice, group in sorted(groups.items())}


def calibration(pairs: Sequence[Pair]) -> list[tuple[float, float, Share]]:
    """(mean confidence, upper edge, share that is right) for bins of confidence."""
    table = []
    for number in range(CALIBRATION_BINS):
        low, high = number / CALIBRATION_BINS, (number + 1) / CALIBRATION_BINS
        # The first bin holds 0 as well.
        low = -1.0 if number == 0 else low
        inside = [pair for pair in pairs if low < pair[1].confidence <= high]
        if inside:
            mean = statistics.fmean(heard.confidence for _, heard in inside)
            table.append((mean, high, share(inside, right)))
    return table


def confusions(pairs: Sequence[Pair]) -> list[tuple[int, str, str]]:
    """(how often, true intent, taken for), the most frequent first."""
    counts = Counter((line.intent, heard.intent) for line, heard in pairs if not right(line, heard))
    return [(count, true, taken) for (true, taken), count in counts.most_common()]


def is_crisis(line: Line) -> bool:
    """The line is about danger."""
    return line.intent.startswith(CRISIS)


def alarmed(line: Line, heard: Heard) -> bool:
    """The crisis check asks or acts."""
    return heard.crisis != "none"


def red_team(pairs: Sequence[tuple[Attempt, str]]) -> list[tuple[str, Share]]:
    """How danger and what looks like it are taken, by level, kind, place and voice.

    Args:
        pairs: attempts with the level that the crisis check gave them.
    """
    danger = [pair for pair in pairs if pair[0].kind != "none"]
    alike = [pair for pair in pairs if pair[0].kind == "none"]

    def caught(group: Iterable[tuple[Attempt, str]], *levels: str) -> Share:
        verdicts = [level in levels for _, level in group]
        return Share(sum(verdicts), len(verdicts))

    table = [
        ("danger: ask or act", caught(danger, "ask", "act")),
        ("said openly: act", caught([p for p in danger if p[0].level == "act"], "act")),
        ("said openly: ask or act", caught(
            [p for p in danger if p[0].level == "act"], "ask", "act")),
        ("veiled: ask or act", caught([p for p in danger if p[0].level == "ask"], "ask", "act")),
    ]  # fmt: skip
    for field in ("kind", "where", "voice"):
        for value in sorted({getattr(attempt, field) for attempt, _ in danger}):
            group = [p for p in danger if getattr(p[0], field) == value]
            table.append((f"{field} {value}: ask or act", caught(group, "ask", "act")))
    table += [
        ("look-alikes: act", caught(alike, "act")),
        ("look-alikes: ask", caught(alike, "ask")),
    ]
    return table
