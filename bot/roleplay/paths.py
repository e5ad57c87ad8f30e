"""Where a seat can go: every state that any sequence of lines can bring it to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import product

from bot.roleplay.play import Case
from bot.roleplay.scenario import (
    OPENNESS_MAX,
    STYLES,
    TRUST_MAX,
    Read,
    ScenarioLine,
    Scene,
    Seat,
    Style,
    Way,
)
from bot.roleplay.weigh import SAME_STYLE_FROM, weigh

ALL_READS: frozenset[Read] = frozenset({"event", "feeling", "need", "request", "answer"})


@dataclass
class Paths:
    """What can happen in a seat.

    Args:
        lines: the ids of lines that can be said.
        ways: (from, to) that can be taken; `from` is a scene, or "*" for a way out of any.
        scenes, endings: that can be reached.
        silent: (scene, style) that may meet a state without any line.
    """

    lines: set[str] = field(default_factory=set)
    ways: set[tuple[str, int]] = field(default_factory=set)
    scenes: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)
    silent: set[tuple[str, str]] = field(default_factory=set)
    trust_at_end: dict[str, set[int]] = field(default_factory=dict)


def circle(seat: Seat) -> list[str] | None:
    """Scenes that lead back to themselves, None when every path ends."""
    order = TopologicalSorter({scene.id: {way.to for way in scene.next} for scene in seat.scenes})
    try:
        order.prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def explore(case: Case) -> Paths:
    """Go through every state of a seat without circles.

    What a line reads and which styles were used before is taken as free: a line that needs
    them counts as possible wherever trust and openness allow it.
    """
    seat, found = case.seat, Paths()
    start = (seat.scenes[0].id, seat.start.trust, seat.start.openness)
    todo, seen = [start], {start}
    _note(found, f"{start[0]}/says", seat.scene(start[0]).says, start[1], start[2])
    for aside in ("asides", "silences", "repeats"):
        found.lines |= {f"{aside}/{n}" for n in range(len(getattr(seat, aside)))}
    while todo:
        scene_id, trust, openness = todo.pop()
        scene = seat.scene(scene_id)
        found.scenes.add(scene_id)
        # Whatever happens, the other may give up at any scene.
        _end(found, seat, seat.adrift, trust, openness)
        for style in STYLES:
            for after in _afterwards(case, scene, style, trust, openness):
                lines = scene.replies.get(style, ())
                if not _note(found, f"{scene_id}/{style}", lines, *after):
                    found.silent.add((scene_id, style))
                for target in _targets(found, seat, scene_id, scene.next, *after):
                    if seat.is_ending(target):
                        _end(found, seat, target, *after)
                    elif (target, *after) not in seen:
                        seen.add((target, *after))
                        todo.append((target, *after))
                        if not _note(found, f"{target}/says", seat.scene(target).says, *after):
                            found.silent.add((target, "says"))
    return found


def _afterwards(
    case: Case, scene: Scene, style: Style, trust: int, openness: int
) -> set[tuple[int, int]]:
    changes = [
        weigh(case, style, reads, openness, run, scene.asks == style)
        for reads, run in product((frozenset[Read](), ALL_READS), (1, SAME_STYLE_FROM))
    ]
    return {
        (
            max(0, min(TRUST_MAX, trust + change.trust)),
            max(0, min(OPENNESS_MAX, openness + change.openness)),
        )
        for change in changes
    }


def _targets(
    found: Paths, seat: Seat, scene_id: str, ways: tuple[Way, ...], trust: int, openness: int
) -> Iterator[str]:
    for owner, choices in (("*", seat.breaks), (scene_id, ways)):
        for number, way in enumerate(choices):
            if not way.when.fits_state(trust, openness):
                continue
            found.ways.add((owner, number))
            yield way.to
            if not (way.when.reads or way.when.lacks or way.when.heard):
                # Nothing after a way that always fits here.
                return


def _end(found: Paths, seat: Seat, ending_id: str, trust: int, openness: int) -> None:
    found.endings.add(ending_id)
    found.trust_at_end.setdefault(ending_id, set()).add(trust)
    if not _note(found, f"{ending_id}/says", seat.ending(ending_id).says, trust, openness):
        found.silent.add((ending_id, "says"))


def _note(
    found: Paths, group: str, lines: tuple[ScenarioLine, ...], trust: int, openness: int
) -> bool:
    """Note which lines can be said in a state; False when it may be none at all."""
    fitting = [n for n, line in enumerate(lines) if line.when.fits_state(trust, openness)]
    # A line behind a stricter one counts: it is said once the user went back.
    found.lines |= {f"{group}/{n}" for n in fitting}
    return any(
        not (lines[n].when.reads or lines[n].when.lacks or lines[n].when.heard) for n in fitting
    )
