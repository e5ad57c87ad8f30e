"""A case as a drawing: scenes from left to right, ways between them, endings at the side."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import networkx as nx
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from bot.roleplay.play import Case
from bot.roleplay.scenario import OPENNESS_MAX, TRUST_MAX, Seat, When

FORMATS = {".svg": FigureCanvasSVG, ".png": FigureCanvasAgg}
LABEL_WIDTH = 16
SCENE, ENDING, OUT = "#dbe9f4", "#f2e3c6", "#b04a3a"


def graph_of(seat: Seat) -> Any:
    """The scenes and endings of a seat with the ways between them.

    Returns:
        A networkx.MultiDiGraph; nodes have `label` and `ending`, edges `label`.
    """
    graph = nx.MultiDiGraph()
    for scene in seat.scenes:
        graph.add_node(scene.id, label=scene.title, ending=False)
    for ending in seat.endings:
        graph.add_node(ending.id, label=ending.title, ending=True)
    for scene in seat.scenes:
        for way in scene.next:
            graph.add_edge(scene.id, way.to, label=condition(way.when))
    return graph


def condition(when: When) -> str:
    """A condition in a few words, the way the file writes it; empty when there is none."""
    parts = []
    for name, (low, high), most in (
        ("trust", when.trust, TRUST_MAX),
        ("openness", when.openness, OPENNESS_MAX),
    ):
        if (low, high) != (0, most):
            parts.append(f"{name} {low}-{high}")
    for name, values in (("reads", when.reads), ("lacks", when.lacks), ("heard", when.heard)):
        if values:
            parts.append(f"{name} {', '.join(values)}")
    return "\n".join(parts)


def layers(seat: Seat) -> dict[str, int]:
    """How many ways a scene or ending is at most away from the first scene."""
    graph = graph_of(seat)
    order = dict.fromkeys(graph, 0)
    for node in nx.topological_sort(graph):
        for after in graph.successors(node):
            order[after] = max(order[after], order[node] + 1)
    last = max(order.values())
    # Endings that only a way out leads to stand with the others, at the end.
    return {node: last if seat.is_ending(node) else layer for node, layer in order.items()}


def draw(case: Case, title: str, path: Path) -> None:
    """Draw a seat into a file.

    Args:
        case: the seat.
        title: above the drawing.
        path: ends in .svg or .png.

    Raises:
        KeyError: another kind of file.
    """
    canvas = FORMATS[path.suffix.lower()]
    seat, graph = case.seat, graph_of(case.seat)
    for node, layer in layers(seat).items():
        graph.nodes[node]["layer"] = layer
    found = nx.multipartite_layout(graph, subset_key="layer")
    places = {node: (float(x), float(y)) for node, (x, y) in found.items()}
    width = 2.3 * (1 + max(layers(seat).values()))
    figure = Figure(figsize=(width, 6.5), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.axis("off")
    for limit, values in ((axes.set_xlim, 0), (axes.set_ylim, 1)):
        along = [place[values] for place in places.values()]
        room = 0.12 * (max(along) - min(along)) or 1.0
        limit(min(along) - room, max(along) + room)
    for start, end, data in graph.edges(data=True):
        axes.annotate(
            "",
            xy=places[end],
            xytext=places[start],
            arrowprops={
                "arrowstyle": "-|>", "color": "#5f7686", "shrinkA": 34, "shrinkB": 34,
                "connectionstyle": "arc3,rad=0.08",
            },
        )  # fmt: skip
        if data["label"]:
            x, y = ((a + b) / 2 for a, b in zip(places[start], places[end], strict=True))
            box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            axes.text(x, y, data["label"], fontsize=7, ha="center", va="center", bbox=box)
    out = {way.to: condition(way.when) for way in seat.breaks} | {seat.adrift: "asides"}
    for node, data in graph.nodes(data=True):
        label = textwrap.fill(data["label"], LABEL_WIDTH)
        if node in out:
            # Ways out of any scene would cross the whole drawing: they are told in the box.
            label += f"\n* > {out[node]}"
        axes.text(
            places[node][0],
            places[node][1],
            label,
            ha="center",
            va="center",
            fontsize=9,
            bbox={
                "boxstyle": "round,pad=0.5", "facecolor": ENDING if data["ending"] else SCENE,
                "edgecolor": OUT if node in out else "#5f7686",
            },
        )  # fmt: skip
    # The same case always gives the same file.
    metadata: dict[str, Any] = {"Date": None} if canvas is FigureCanvasSVG else {}
    canvas(figure).print_figure(path, dpi=110, metadata=metadata)
