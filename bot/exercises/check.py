"""Whether an exercise holds: every step can be reached, every path ends, no button is dead."""

from __future__ import annotations

from collections.abc import Iterator

from bot.exercises.engine import placeholders
from bot.exercises.exercise import END, Exercise

FEWEST_STEPS, MOST_STEPS = 3, 7
OPTIONS = 6
ALWAYS_KNOWN = {"other", "Other"}
# Keys and indexes that lead to a value in the file.
Where = tuple[object, ...]


def findings(exercise: Exercise) -> Iterator[tuple[Where, str]]:
    """What is wrong with an exercise, and where."""
    broken = list(_links(exercise))
    yield from broken
    if broken:
        return
    paths = list(_paths(exercise, (exercise.first,)))
    if any(path[-1] != END for path in paths):
        name = next(path[-1] for path in paths if path[-1] != END)
        yield ("steps", str(name)), "a path comes back here and never ends"
        return
    for name in exercise.steps.keys() - {name for path in paths for name in path}:
        yield ("steps", name), f"{name} is never reached"
    shortest, longest = min(map(len, paths)) - 1, max(map(len, paths)) - 1
    if shortest < FEWEST_STEPS or longest > MOST_STEPS:
        yield ("steps",), f"a path has {shortest} to {longest} steps, not 3 to 7"
    yield from _answers(exercise, [path[:-1] for path in paths])


def _links(exercise: Exercise) -> Iterator[tuple[Where, str]]:
    known = {*exercise.steps, END}
    for name, step in exercise.steps.items():
        where: Where = ("steps", name)
        if name in ALWAYS_KNOWN | {END}:
            yield where, f"{name} is no name for a step"
        if step.next is not None and step.next not in known:
            yield (*where, "next"), f"{step.next} is no step"
        if len(step.options) == 1 or len(step.options) > OPTIONS:
            yield (*where, "options"), f"{len(step.options)} options, not 2 to {OPTIONS}"
        labels = [option.label.casefold() for option in step.options]
        for number, option in enumerate(step.options):
            spot = (*where, "options", number)
            if option.next is not None and option.next not in known:
                yield spot, f"{option.next} is no step"
            if labels.index(option.label.casefold()) != number:
                yield spot, f"two buttons say {option.label}"


def _paths(exercise: Exercise, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every way from the first step; each closes with END, or with a step that it came back to."""
    name = path[-1]
    if name == END or name in path[:-1]:
        yield path
        return
    step = exercise.steps[name]
    labels: list[str | None] = [option.label for option in step.options] or [None]
    if step.skip:
        labels.append(None)
    for following in dict.fromkeys(exercise.after(name, label) for label in labels):
        yield from _paths(exercise, (*path, following))


def _answers(exercise: Exercise, paths: list[tuple[str, ...]]) -> Iterator[tuple[Where, str]]:
    """An answer that a text needs is there by then, and no answer is asked for nothing."""
    used: set[str] = set()
    sure = [
        name
        for name, step in exercise.steps.items()
        if not step.skip and all(name in path for path in paths)
    ]
    for where, wording in exercise.wordings():
        told = (wording.text, wording.breaker or "")
        if any(placeholders(text) & ALWAYS_KNOWN for text in told) and not wording.myself:
            yield where, "names the other: it needs words for trust in oneself too"
        for text in filter(None, (wording.text, wording.breaker, wording.myself)):
            names = placeholders(text) - ALWAYS_KNOWN
            used |= names
            for name in sorted(names - exercise.steps.keys()):
                yield where, f"{{{name}}} is no step"
            if where[0] == "steps":
                for name in sorted(names & exercise.steps.keys()):
                    if not _before(exercise, paths, name, str(where[1])):
                        yield where, f"{{{name}}} may not have been answered yet"
            elif where[0] in ("intro", "closing") and names:
                yield where, "knows no answers"
    for name, step in exercise.steps.items():
        if name not in used and not any(option.next for option in step.options):
            yield ("steps", name), f"the answer to {name} is used nowhere"
    for side, relation in (("hurt", None), ("breaker", None), ("hurt", "self")):
        needs = [
            placeholders(part.text.words(side, relation)) - ALWAYS_KNOWN for part in exercise.result
        ]
        if not any(names and names <= set(sure) for names in needs):
            yield ("result",), f"may be empty for {relation or side}"


def _before(exercise: Exercise, paths: list[tuple[str, ...]], needed: str, name: str) -> bool:
    """Whether a step has been answered whenever another one is asked."""
    if exercise.steps[needed].skip:
        return False
    return all(needed in path[: path.index(name)] for path in paths if name in path)
