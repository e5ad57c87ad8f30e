"""Measure the trained model on the evaluation sets: `./tevoet nlu evaluate [FILE]`."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.conversation.steps import Clarify
from nlu.evaluation import measure
from nlu.evaluation.measure import Heard, Pair
from nlu.evaluation.sets import (
    FROZEN,
    RED_TEAM,
    SETS,
    STYLE,
    Line,
    fingerprint,
    hash_file,
    read,
    read_attempts,
    read_styles,
)
from nlu.facts import Facts
from nlu.typos import mistyped

if TYPE_CHECKING:
    from bot.conversation.dialogue import Dialogue

REPORT = Path(__file__).with_name("report.md")
PICTURE = Path(__file__).with_name("confusion.png")
NOISE_SEED = 20261122
CONFUSIONS_SHOWN = 25


class ChangedSetError(Exception):
    """The held-out set is not the frozen one: its figures would not compare."""


async def listen(lines: Sequence[Line], dialogue: Dialogue, now: datetime) -> list[Pair]:
    """Let the model read lines, each as a new user.

    Args:
        lines: an evaluation set.
        dialogue: the loaded model.
        now: the moment.
    """
    pairs = []
    for line in lines:
        start = time.perf_counter()
        decision = await dialogue.decide_text([line.text], Facts(now=now), None)
        seconds = time.perf_counter() - start
        heard = decision.understanding
        options = next((s.intents for s in decision.steps if isinstance(s, Clarify)), [])
        pairs.append(
            (
                line,
                Heard(
                    heard.ranking, heard.crisis["level"], heard.relation, tuple(options), seconds
                ),
            )
        )
    return pairs


def summary(pairs: Sequence[Pair], noise: Sequence[Pair]) -> list[str]:
    """The aggregates of a set, as lines of Markdown.

    Args:
        pairs: the lines as they are.
        noise: the same lines with typos.
    """
    ordinary = [p for p in pairs if not measure.is_crisis(p[0])]
    danger = [p for p in pairs if measure.is_crisis(p[0])]
    harmless = [p for p in ordinary if p[0].hard_negative]
    plain = [p for p in ordinary if not p[0].hard_negative]
    in_scope = [p for p in plain if p[0].intent != "out_of_scope"]
    # Look-alikes of danger are a test of the alarm, not of the 51 intents.
    counted = [p for p in pairs if not p[0].hard_negative]
    named = [p for p in counted if p[0].relation]
    share, right = measure.share, measure.right
    table = [
        ("accuracy", share(counted, right)),
        ("accuracy with typos", share([p for p in noise if not p[0].hard_negative], right)),
        ("right at once or after one question", share(counted, measure.right_after_asking)),
        ("in-scope lines asked back", share(in_scope, lambda _, h: bool(h.options))),
        ("out of scope kept out of the concerns", share(
            [p for p in plain if p[0].intent == "out_of_scope"],
            lambda _, h: h.intent == "out_of_scope" or bool(h.options),
        )),
        ("crisis recall (ask or act)", share(danger, measure.alarmed)),
        ("crisis recall, veiled", share([p for p in danger if p[0].veiled], measure.alarmed)),
        ("false alarms, ordinary lines", share(plain, measure.alarmed)),
        ("false alarms, look-alikes", share(harmless, measure.alarmed)),
        ("relation found where named", share(named, lambda line, h: line.relation == h.relation)),
    ]  # fmt: skip
    rows = [f"| {name} | {value} |" for name, value in table]
    milliseconds = 1000 * statistics.median(heard.seconds for _, heard in pairs)
    return [
        "| what | share (95 % interval) |",
        "|---|---|",
        *rows,
        f"| macro-F1 | {measure.macro_f1(counted):.3f} |",
        f"| time a message, median | {milliseconds:.0f} ms |",
        "",
        "| voice | accuracy |",
        "|---|---|",
        *(f"| {voice} | {value} |" for voice, value in measure.by_voice(counted).items()),
        "",
        "| confidence up to | mean confidence | share right |",
        "|---|---|---|",
        *(
            f"| {high:.1f} | {mean:.2f} | {value} |"
            for mean, high, value in measure.calibration(counted)
        ),
        "",
    ]


def details(pairs: Sequence[Pair]) -> list[str]:
    """Intent by intent, and what is taken for what: for sets that may be read."""
    return [
        "| intent | precision | recall | F1 | lines |",
        "|---|---|---|---|---|",
        *(
            f"| {intent} | {p:.2f} | {r:.2f} | {f1:.2f} | {count} |"
            for intent, (p, r, f1, count) in measure.f1_by_intent(pairs).items()
        ),
        "",
        "| times | meant | taken for |",
        "|---|---|---|",
        *(
            f"| {count} | {true} | {taken} |"
            for count, true, taken in measure.confusions(pairs)[:CONFUSIONS_SHOWN]
        ),
        "",
    ]


def draw_confusion(pairs: Sequence[Pair], path: Path) -> None:
    """Draw which intent is taken for which, as a picture (PNG).

    Args:
        pairs: lines with what was heard.
        path: where to write it.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    intents = sorted({line.intent for line, _ in pairs})
    number = {intent: i for i, intent in enumerate(intents)}
    counts = [[0.0] * len(intents) for _ in intents]
    totals = [sum(line.intent == intent for line, _ in pairs) for intent in intents]
    for line, heard in pairs:
        if heard.intent in number:
            row = number[line.intent]
            counts[row][number[heard.intent]] += 1 / totals[row]
    figure, axes = plt.subplots(figsize=(14, 13), layout="constrained")
    image = axes.imshow(counts, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(intents)), intents, rotation=90, fontsize=8)
    axes.set_yticks(range(len(intents)), intents, fontsize=8)
    axes.set_xlabel("taken for")
    axes.set_ylabel("meant")
    axes.set_title("Share of the lines of an intent")
    figure.colorbar(image, shrink=0.6)
    figure.savefig(path, dpi=100)
    plt.close(figure)


async def evaluate(dialogue: Dialogue, now: datetime, file: Path | None = None) -> str:
    """Measure, and keep the report current.

    Args:
        dialogue: the loaded model.
        now: the moment.
        file: a set of one's own (YAML as in sets.py); nothing is written then.

    Returns:
        The report, in Markdown.

    Raises:
        ChangedSetError: the held-out set is not the frozen one.
    """
    if file is not None:
        pairs, noise = await _both(read(file), dialogue, now)
        return "\n".join([f"# {file.name}", "", *summary(pairs, noise), *details(pairs)])
    for path in FROZEN:
        if fingerprint(path) != hash_file(path).read_text().strip():
            raise ChangedSetError(f"{path.name} of {path.parent.name} was changed; it is frozen")
    parts = ["# How well TeVoet understands", "", "Made by `./tevoet nlu evaluate`.", ""]
    for name, title in (
        ("held_out", "Held out (the figures that count)"),
        ("dev", "Dev (read and tuned on)"),
    ):
        pairs, noise = await _both(read(SETS[name]), dialogue, now)
        parts += [f"## {title}", "", *summary(pairs, noise)]
        parts += await _red_team(name, dialogue, now)
        parts += await _styles(name, dialogue, now)
        if name == "dev":
            parts += [*details(pairs), f"![confusion]({PICTURE.name})", ""]
            draw_confusion(pairs, PICTURE)
    report = "\n".join(parts)
    REPORT.write_text(report, encoding="utf-8")
    return report


def _table(rows: Iterable[tuple[str, measure.Share]]) -> list[str]:
    return [
        "| what | share (95 % interval) |",
        "|---|---|",
        *(f"| {what} | {value} |" for what, value in rows),
        "",
    ]


async def _red_team(name: str, dialogue: Dialogue, now: datetime) -> list[str]:
    """The red-team set of a name: danger of all kinds and places, and what looks like it."""
    pairs = []
    for attempt in read_attempts(RED_TEAM[name]):
        decision = await dialogue.decide_text(attempt.text, Facts(now=now), None)
        pairs.append((attempt, decision.understanding.crisis["level"]))
    return ["### Red team", "", *_table(measure.red_team(pairs))]


async def _styles(name: str, dialogue: Dialogue, now: datetime) -> list[str]:
    """The communication styles of a set."""
    verdicts: dict[str, list[bool]] = defaultdict(list)
    for line in read_styles(STYLE[name]):
        decision = await dialogue.decide_text([line.text], Facts(now=now), None, style=True)
        style = decision.understanding.style or {}
        verdicts[line.style].append(style.get("name") == line.style)
    rows = [
        (style, measure.Share(sum(right), len(right))) for style, right in sorted(verdicts.items())
    ]
    every = [verdict for right in verdicts.values() for verdict in right]
    return [
        "### Communication style",
        "",
        *_table([("all styles", measure.Share(sum(every), len(every))), *rows]),
    ]


async def _both(
    lines: Sequence[Line], dialogue: Dialogue, now: datetime
) -> tuple[list[Pair], list[Pair]]:
    typed = [
        Line(
            mistyped(line.text, NOISE_SEED + i),
            line.intent,
            line.voice,
            line.relation,
            line.veiled,
            line.hard_negative,
        )
        for i, line in enumerate(lines)
    ]
    return await listen(lines, dialogue, now), await listen(typed, dialogue, now)
