"""What can be wrong in a case beyond its shape: for `./tevoet content check`."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cache

from bot.roleplay.paths import Paths, circle, explore
from bot.roleplay.play import Case
from bot.roleplay.scenario import STYLES, Scenario, Seat, StyleFile, StyleInfo

# Keys and indexes that lead to a value in the file, and what is wrong with it.
Finding = tuple[tuple[object, ...], str]


def findings(
    scenario: Scenario, styles: Mapping[str, StyleInfo], tips: Collection[str]
) -> Iterator[Finding]:
    """Check one case.

    Args:
        scenario: of the right shape.
        styles: what styles do.
        tips: the ids of all tips.
    """
    for seat_id, seat in scenario.seats.items():
        where: tuple[object, ...] = ("seats", seat_id)
        # What is told on the way is only clear when the names are.
        names = list(_names(seat, tips))
        for path, text in names or _paths(seat, styles):
            yield (*where, *path), f"{seat_id}: {text}"


def texts(scenario: Scenario) -> Iterator[Finding]:
    """Every text of a case with its place, to be measured like all copy."""
    for name in ("title", "label", "intro", "warning"):
        yield (name,), getattr(scenario, name)
    for seat_id, seat in scenario.seats.items():
        where: tuple[object, ...] = ("seats", seat_id)
        for name in ("me", "other", "intro"):
            yield (*where, name), getattr(seat, name)
        for number, goal in enumerate(seat.goals):
            yield (*where, "goals", number), goal
        for number, scene in enumerate(seat.scenes):
            for name in ("title", "setting", "example"):
                if text := getattr(scene, name):
                    yield (*where, "scenes", number, name), text
        for number, ending in enumerate(seat.endings):
            for name in ("title", "story", "try_it"):
                yield (*where, "endings", number, name), getattr(ending, name)
        for _, path, lines in seat.groups():
            for number, line in enumerate(lines):
                yield (*where, *path, number), line.text


def _names(seat: Seat, tips: Collection[str]) -> Iterator[Finding]:
    """Ids that are there twice or not at all, styles without an answer, ways that do not end."""
    ids = [*(scene.id for scene in seat.scenes), *(ending.id for ending in seat.endings)]
    places = [("scenes", number) for number in range(len(seat.scenes))]
    places += [("endings", number) for number in range(len(seat.endings))]
    for name, place in zip(ids, places, strict=True):
        if ids.count(name) > 1:
            yield (*place, "id"), f"{name} is used twice"
    for number, scene in enumerate(seat.scenes):
        for style in STYLES:
            if style not in scene.replies:
                yield ("scenes", number, "replies"), f"{scene.id} does not answer {style}"
        if scene.next[-1].when.strictness:
            yield ("scenes", number, "next"), f"{scene.id}: the last way has a condition"
        for at, way in enumerate(scene.next):
            if way.to not in ids:
                yield ("scenes", number, "next", at), f"{scene.id} leads to {way.to}: not there"
    for at, way in enumerate(seat.breaks):
        if not seat.is_ending(way.to):
            yield ("breaks", at), f"{way.to} is no ending"
        if not way.when.strictness:
            yield ("breaks", at), "a way out needs a condition"
    if not seat.is_ending(seat.adrift):
        yield ("adrift",), f"{seat.adrift} is no ending"
    for number, ending in enumerate(seat.endings):
        for at, tip in enumerate(ending.tips):
            if tip not in tips:
                yield ("endings", number, "tips", at), f"{ending.id}: {tip} is no tip"
    seen: dict[str, str] = {}
    for group, group_path, lines in seat.groups():
        for number, line in enumerate(lines):
            if line.text in seen:
                path = (*group_path, number)
                yield path, f"{group} says the same as {seen[line.text]}: {line.text}"
            seen.setdefault(line.text, group)
    if round_trip := circle(seat):
        yield ("scenes",), f"goes round in a circle: {' > '.join(round_trip)}"


def _paths(seat: Seat, styles: Mapping[str, StyleInfo]) -> Iterator[Finding]:
    """Scenes, endings, ways and lines that nothing leads to, and states without an answer."""
    style_file = StyleFile.model_validate({"styles": styles})
    paths = _explored(seat.model_dump_json(exclude_unset=True), style_file.model_dump_json())
    for number, scene in enumerate(seat.scenes):
        if scene.id not in paths.scenes:
            yield ("scenes", number), f"{scene.id} cannot be reached"
            continue
        for place, way in enumerate(scene.next):
            if (scene.id, place) not in paths.ways:
                yield ("scenes", number, "next", place), f"{scene.id} never goes to {way.to}"
    for number, ending in enumerate(seat.endings):
        if ending.id not in paths.endings:
            yield ("endings", number), f"{ending.id} cannot be reached"
    for place, way in enumerate(seat.breaks):
        if ("*", place) not in paths.ways:
            yield ("breaks", place), f"never goes to {way.to}"
    reached = paths.scenes | paths.endings
    for group, where, lines in seat.groups():
        owner, _, part = group.partition("/")
        if part and owner not in reached:
            continue
        if (owner, part) in paths.silent:
            yield where, f"{group} has no line for some trust and openness"
        for number, line in enumerate(lines):
            if f"{group}/{number}" not in paths.lines:
                yield (*where, number), f"{group} never says: {line.text}"


@cache
def _explored(seat: str, styles: str) -> Paths:
    """The paths of a seat; walking them takes a while, so the same file is walked once."""
    by_name = StyleFile.model_validate_json(styles).by_name
    return explore(Case(Seat.model_validate_json(seat), by_name))
