"""The statistics as tables for a terminal and as a picture."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence

from babel.dates import format_date
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Group
from rich.table import Table

from bot.content import Content
from bot.picture import DPI, LIGHT, LOCALE
from bot.statistics.counting import AT_LEAST, Cell, Statistics, total

WIDTH, HEIGHT = 9.0, 12.0  # inches
BAR, PART = LIGHT.feelings["hopeful"], LIGHT.feelings["calm"]


def _words(content: Content) -> Callable[[str], str]:
    return lambda key: content.messages[key].variants[0]


def title(statistics: Statistics, content: Content) -> str:
    """Which weeks it is about."""
    first, last = (
        format_date(day, "d MMMM y", locale=LOCALE) for day in (statistics.first, statistics.last)
    )
    word = _words(content)
    return word("stats_title").format(first=first, last=last)


def tables(statistics: Statistics, content: Content) -> Group:
    """For a terminal."""
    word = _words(content)
    tips = Table(word("stats_tips"), word("stats_given"), word("stats_helped"))
    for row in statistics.tips:
        tips.add_row(row.concern, str(row.given), str(row.helped))
    tips.add_row(
        word("stats_total"),
        str(total(row.given for row in statistics.tips)),
        str(total(row.helped for row in statistics.tips)),
    )
    weeks = {
        format_date(monday, "d MMM", locale=LOCALE): cell
        for monday, cell in statistics.checkins.items()
    }
    return Group(
        title(statistics, content),
        tips,
        _table(word("stats_checkins"), word("stats_count"), weeks, word("stats_total")),
        _table(word("stats_plays"), word("stats_count"), statistics.plays, word("stats_total")),
        word("stats_note").format(least=AT_LEAST),
    )


def _table(name: str, count: str, cells: Mapping[str, Cell], together: str) -> Table:
    table = Table(name, count)
    for label, cell in cells.items():
        table.add_row(label, str(cell))
    table.add_row(together, str(total(cells.values())))
    return table


def draw(statistics: Statistics, content: Content) -> bytes:
    """As a PNG of 1080 by 1440 pixels; what is not told has no bar."""
    word = _words(content)
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, facecolor=LIGHT.back)
    figure.text(0.05, 0.965, title(statistics, content), color=LIGHT.ink, fontsize=16)
    labels = [row.concern for row in statistics.tips]
    axes: Axes = figure.add_axes((0.36, 0.44, 0.58, 0.47))
    _bars(axes, word("stats_tips_picture"), labels, [row.given for row in statistics.tips], BAR)
    _bars(axes, None, labels, [row.helped for row in statistics.tips], PART, thickness=0.35)
    weeks = [format_date(monday, "d MMM", locale=LOCALE) for monday in statistics.checkins]
    axes = figure.add_axes((0.36, 0.2, 0.58, 0.18))
    _bars(axes, word("stats_checkins"), weeks, list(statistics.checkins.values()), BAR)
    axes = figure.add_axes((0.36, 0.08, 0.58, 0.06))
    _bars(axes, word("stats_plays"), list(statistics.plays), list(statistics.plays.values()), BAR)
    note = word("stats_note").format(least=AT_LEAST)
    figure.text(0.05, 0.025, note, color=LIGHT.line, fontsize=10, wrap=True)
    out = io.BytesIO()
    FigureCanvasAgg(figure).print_png(out)  # type: ignore[no-untyped-call]
    return out.getvalue()


def _bars(
    axes: Axes,
    name: str | None,
    labels: Sequence[str],
    cells: Sequence[Cell],
    colour: str,
    thickness: float = 0.7,
) -> None:
    places = range(len(labels))
    axes.barh(places, [cell.number or 0 for cell in cells], thickness, color=colour)
    if name is None:
        return
    axes.set_title(name, color=LIGHT.ink, fontsize=13, loc="left")
    axes.set_yticks(places, labels, color=LIGHT.ink, fontsize=10)
    axes.invert_yaxis()
    for place, cell in zip(places, cells, strict=True):
        axes.text((cell.number or 0), place, f" {cell}", va="center", color=LIGHT.line, fontsize=9)
    axes.set_xlim(0, max((cell.number or 0 for cell in cells), default=0) * 1.12 or 1)
    axes.set_xticks([])
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
