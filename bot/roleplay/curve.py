"""The curve of trust over a role-play: as a value, in signs, and as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

from bot.content_files import Strict
from bot.roleplay.play import LEVELS
from bot.roleplay.scenario import TRUST_MAX

SIGNS = "▁▂▃▄▅▆▇█"
WIDTH, HEIGHT, DOTS = 6.4, 3.6, 150


class TrustCurve(Strict):
    """What the picture shows.

    Args:
        title: above it.
        levels: the names of the five levels of trust, lowest first.
        values: trust before the first line and after each line.
        before: the same for the run before going back.
        labels: of the run of now and of the run before, when there was one.
    """

    title: str
    levels: tuple[str, ...]
    values: tuple[int, ...]
    before: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()


def in_signs(values: Sequence[int]) -> str:
    """The curve as a line of text.

    Args:
        values: trust, 0 to 20.
    """
    return "".join(SIGNS[value * len(SIGNS) // (TRUST_MAX + 1)] for value in values)


def draw(curve: TrustCurve) -> bytes:
    """The curve as a picture.

    Returns:
        A PNG of 960 by 540 dots.
    """
    # matplotlib takes half a second to import: only who draws pays for it.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes = figure.add_subplot()
    for number in range(len(LEVELS)):
        axes.axhspan(number * 4, number * 4 + 4, color="#2f6f8f", alpha=0.04 + 0.05 * number)
    labels = (*curve.labels, "", "")
    if curve.before:
        axes.plot(curve.before, "--o", color="#a08060", linewidth=2, label=labels[1])
    axes.plot(curve.values, "-o", color="#1f4f6f", linewidth=3, label=labels[0])
    axes.set_title(curve.title)
    axes.set_ylim(-0.5, TRUST_MAX + 0.5)
    axes.set_yticks([number * 4 + 2 for number in range(len(LEVELS))], labels=list(curve.levels))
    axes.set_xticks(range(max(len(curve.values), len(curve.before))))
    axes.spines[["top", "right"]].set_visible(False)
    if curve.before:
        axes.legend(frameon=False)
    picture = io.BytesIO()
    FigureCanvasAgg(figure).print_figure(picture, format="png", dpi=DOTS)
    return picture.getvalue()
