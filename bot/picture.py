"""The picture of progress: scores over days, on a phone's screen, light or dark.

Pure: values and words in, a PNG out. Drawn with matplotlib's objects, not pyplot, so that it may
run in any thread.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from babel.dates import format_date
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

LOCALE = "nl"
WIDTH, HEIGHT, DPI = 9.0, 7.2, 120  # inches and dots: 1080 by 864
# Days without a check-in that still belong to one line.
GAP = 3
# Dots get smaller when there are many.
CROWDED = 45


@dataclass(frozen=True, slots=True)
class Point:
    """A score on a day; `feeling` is the id of a feeling or None."""

    day: date
    score: int
    feeling: str | None


@dataclass(frozen=True, slots=True)
class TipMark:
    """A tip that was given on a day, and whether it helped."""

    day: date
    helped: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn.

    Args:
        title: above it.
        first: the first day of the axis.
        last: the last day of the axis.
        points: scores, in order of time.
        tips: tips that were tried.
        agreements: days on which an agreement was kept.
        feelings: the word for each feeling, by id.
        tip: the word for a tip.
        tip_helped: the words for a tip that helped.
        agreement: the words for an agreement that was kept.
        dark: light on dark.
    """

    title: str
    first: date
    last: date
    points: tuple[Point, ...]
    tips: tuple[TipMark, ...]
    agreements: tuple[date, ...]
    feelings: Mapping[str, str]
    tip: str
    tip_helped: str
    agreement: str
    dark: bool = False

    def as_json(self) -> dict[str, Any]:
        """For the outbox."""
        data = asdict(self)
        data["first"], data["last"] = self.first.isoformat(), self.last.isoformat()
        data["points"] = [[p.day.isoformat(), p.score, p.feeling] for p in self.points]
        data["tips"] = [[t.day.isoformat(), t.helped] for t in self.tips]
        data["agreements"] = [day.isoformat() for day in self.agreements]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Picture:
        """From the outbox."""
        return cls(
            **{
                **data,
                "first": date.fromisoformat(data["first"]),
                "last": date.fromisoformat(data["last"]),
                "points": tuple(
                    Point(date.fromisoformat(day), score, feeling)
                    for day, score, feeling in data["points"]
                ),
                "tips": tuple(
                    TipMark(date.fromisoformat(day), helped) for day, helped in data["tips"]
                ),
                "agreements": tuple(map(date.fromisoformat, data["agreements"])),
            }
        )


@dataclass(frozen=True, slots=True)
class Palette:
    """Colours; those of feelings are told apart by who sees red and green alike, too."""

    back: str
    ink: str
    faint: str
    line: str
    feelings: Mapping[str, str]


# After Okabe and Ito's colours (2008), lighter on dark.
LIGHT = Palette(
    "#ffffff", "#22303c", "#d9e0e6", "#5b7083",
    {"calm": "#009e73", "hopeful": "#56b4e9", "tense": "#e69f00", "sad": "#0072b2",
     "angry": "#d55e00", "afraid": "#cc79a7", "empty": "#8a949e", "mixed": "#7b5ea7"},
)  # fmt: skip
DARK = Palette(
    "#17212b", "#e6edf3", "#2c3a47", "#8ea3b5",
    {"calm": "#3ddbae", "hopeful": "#8fd0f5", "tense": "#ffc247", "sad": "#5aa9e6",
     "angry": "#ff8a4c", "afraid": "#f0a6cb", "empty": "#b4bec8", "mixed": "#b79be0"},
)  # fmt: skip


def draw(picture: Picture) -> bytes:
    """Draw a picture.

    Args:
        picture: what is on it.

    Returns:
        A PNG of 1080 by 864 pixels.
    """
    palette = DARK if picture.dark else LIGHT
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=palette.back)
    axes: Axes = figure.add_axes((0.07, 0.27, 0.89, 0.61))
    _frame(axes, picture, palette)
    _scores(axes, picture, palette)
    _marks(axes, picture, palette)
    figure.text(0.07, 0.93, picture.title, color=palette.ink, fontsize=19, fontweight="bold")
    figure.legend(
        handles=_legend(picture, palette),
        loc="lower center", bbox_to_anchor=(0.5, 0.015), ncols=4, frameon=False, fontsize=14,
        labelcolor=palette.ink, handletextpad=0.3, columnspacing=1.4,
    )  # fmt: skip
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _x(day: date, picture: Picture) -> int:
    return (day - picture.first).days


def _frame(axes: Axes, picture: Picture, palette: Palette) -> None:
    days = _x(picture.last, picture)
    axes.set_facecolor(palette.back)
    margin = max(0.4, days * 0.025)
    axes.set_xlim(-margin, days + margin)
    axes.set_ylim(-1.75, 10.5)
    axes.set_yticks(range(0, 11, 2))
    axes.grid(axis="y", color=palette.faint, linewidth=1)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
    ticks = sorted({round(days * part / 4) for part in range(5)})
    form = "EEE d" if days <= 7 else "d MMM"
    if days <= 7:
        ticks = list(range(days + 1))
    axes.set_xticks(
        ticks,
        [
            format_date(picture.first + timedelta(days=n), form, locale=LOCALE).rstrip(".")
            for n in ticks
        ],
    )
    axes.tick_params(length=0, labelsize=14, colors=palette.ink, pad=8)


def _scores(axes: Axes, picture: Picture, palette: Palette) -> None:
    size = 110 if len(picture.points) <= CROWDED else 48
    for run in _runs(picture.points):
        axes.plot(
            [_x(p.day, picture) for p in run], [p.score for p in run],
            color=palette.line, linewidth=2.2, zorder=2, solid_capstyle="round",
        )  # fmt: skip
    for feeling, some in groupby(sorted(picture.points, key=_feeling), key=_feeling):
        points = list(some)
        axes.scatter(
            [_x(p.day, picture) for p in points], [p.score for p in points], s=size, zorder=3,
            color=palette.feelings.get(feeling, palette.line), edgecolors=palette.back,
            linewidths=1.4,
        )  # fmt: skip


def _feeling(point: Point) -> str:
    return point.feeling or ""


def _runs(points: Sequence[Point]) -> list[list[Point]]:
    """Points without a long gap between them."""
    runs: list[list[Point]] = []
    for point in points:
        if runs and (point.day - runs[-1][-1].day).days <= GAP:
            runs[-1].append(point)
        else:
            runs.append([point])
    return runs


def _marks(axes: Axes, picture: Picture, palette: Palette) -> None:
    for day in picture.agreements:
        axes.scatter(
            _x(day, picture), -1.4, marker="D", s=70, zorder=3, color=palette.ink, linewidths=0
        )
    for tip in picture.tips:
        axes.scatter(
            _x(tip.day, picture), -0.7, marker="^", s=95, zorder=3, linewidths=1.6,
            facecolors=palette.ink if tip.helped else palette.back, edgecolors=palette.ink,
        )  # fmt: skip


def _legend(picture: Picture, palette: Palette) -> list[Line2D]:
    """Only what is on the picture."""
    seen = {point.feeling for point in picture.points}
    handles = [
        Line2D([], [], marker="o", markersize=11, linestyle="", color=palette.feelings[f], label=w)
        for f, w in picture.feelings.items()
        if f in seen and f in palette.feelings
    ]
    for helped, word in ((False, picture.tip), (True, picture.tip_helped)):
        if any(tip.helped is helped for tip in picture.tips):
            face = palette.ink if helped else palette.back
            handles.append(
                Line2D([], [], marker="^", markersize=11, linestyle="", color=palette.ink,
                       markerfacecolor=face, label=word)
            )  # fmt: skip
    if picture.agreements:
        handles.append(
            Line2D([], [], marker="D", markersize=9, linestyle="", color=palette.ink,
                   label=picture.agreement)
        )  # fmt: skip
    return handles
