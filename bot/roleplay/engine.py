"""How a role-play moves on: pure functions from a play and a line to the next play.

Nothing here knows of databases, messages or time. What is chosen among several wordings
follows from the play's seed, so that the same lines always lead to the same play.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from bot.roleplay.play import Case, Moment, Play, Take, Utterance
from bot.roleplay.scenario import (
    OPENNESS_MAX,
    TRUST_MAX,
    Ending,
    Read,
    ScenarioLine,
    Scene,
    Way,
    When,
)
from bot.roleplay.weigh import weigh

# Asides in a row after which the other gives up for today.
PATIENCE = 5
# Shorter lines may be said twice: "ja", "dat klopt".
COPY_FROM_WORDS = 4


@dataclass(frozen=True, slots=True)
class Beat:
    """What happens after a line.

    Args:
        play: the play afterwards.
        reply: the other's answer; None when there is nothing new to say.
        moment: what the line did; None for an aside.
        aside: asides, silences or repeats when it was one.
        scene: the scene that begins now, with `opening`, what the other starts it with.
        ending: how it ended, with `farewell`, the other's last words.
    """

    play: Play
    reply: str | None = None
    moment: Moment | None = None
    aside: str | None = None
    scene: Scene | None = None
    opening: str | None = None
    ending: Ending | None = None
    farewell: str | None = None


def begin(case: Case, play: Play) -> Beat:
    """Start the first scene of a new play."""
    return _enter(case, play, case.seat.scenes[0])


def move(case: Case, play: Play, said: Utterance) -> Beat:
    """The user says something.

    Args:
        case: the rules.
        play: where things stand; not ended.
        said: the line.

    Returns:
        The next play, with what the other says; an aside costs nothing and changes nothing but
        the other's patience.
    """
    aside = said.aside or ("repeats" if _is_copy(play, said.text) else None)
    if aside:
        return _aside(case, play, aside)
    run = 1
    for moment in reversed(play.moments):
        if moment.style != said.style:
            break
        run += 1
    scene = case.seat.scene(play.scene)
    asked = scene.asks == said.style
    change = weigh(case, said.style, said.reads, play.openness, run, asked)
    moment = Moment(
        scene=play.scene,
        trust=play.trust,
        openness=play.openness,
        text=said.text,
        style=said.style,
        reads=tuple(sorted(said.reads)),
        trust_after=_within(play.trust + change.trust, TRUST_MAX),
        openness_after=_within(play.openness + change.openness, OPENNESS_MAX),
        reasons=change.reasons,
        worth=change.trust,
        confidence=said.confidence,
    )
    play = play.model_copy(
        update={
            "trust": moment.trust_after,
            "openness": moment.openness_after,
            "moments": (*play.moments, moment),
            "aside_run": 0,
        }
    )
    group = f"{scene.id}/{said.style}"
    play, reply = _pick(play, group, scene.replies[said.style])
    target = _way(play, (*case.seat.breaks, *scene.next))
    if case.seat.is_ending(target):
        beat = _end(case, play, target)
    else:
        beat = _enter(case, play, case.seat.scene(target))
    return Beat(
        beat.play, reply, moment, None, beat.scene, beat.opening, beat.ending, beat.farewell
    )


def rewind(case: Case, play: Play, number: int) -> Beat:
    """Go back to before one of the user's lines; what the other said stays said.

    Args:
        case: the rules.
        play: under way or ended.
        number: of the moment, from 0.

    Raises:
        IndexError: there is no such moment.
    """
    if not 0 <= number < len(play.moments):
        raise IndexError(number)
    moment = play.moments[number]
    earlier = play.earlier
    if play.ending:
        earlier = (*earlier, Take(ending=play.ending, trust=play.trust, moments=play.moments))
    play = play.model_copy(
        update={
            "scene": moment.scene,
            "trust": moment.trust,
            "openness": moment.openness,
            "moments": play.moments[:number],
            "aside_run": 0,
            "ending": None,
            "earlier": earlier,
        }
    )
    return _enter(case, play, case.seat.scene(moment.scene))


def last_said(case: Case, play: Play) -> str | None:
    """What the other said last in the scene; None before it began."""
    lines = {
        f"{group}/{number}": line.text
        for group, _, lines in case.seat.groups()
        for number, line in enumerate(lines)
    }
    opening = f"{play.scene}/says/"
    return next((lines.get(name) for name in reversed(play.said) if name.startswith(opening)), None)


def fits(case: Case, play: Play) -> bool:
    """Whether a stored play still goes with the case, which a coach may have changed since."""
    scenes = {scene.id for scene in case.seat.scenes}
    endings = {ending.id for ending in case.seat.endings}
    takes = [(m.scene for m in play.moments), *((m.scene for m in t.moments) for t in play.earlier)]
    return {play.scene, *(scene for take in takes for scene in take)} <= scenes and {
        e for e in (play.ending, *(t.ending for t in play.earlier)) if e
    } <= endings


def _aside(case: Case, play: Play, kind: str) -> Beat:
    play = play.model_copy(update={"aside_run": play.aside_run + 1})
    if play.aside_run >= PATIENCE:
        ended = _end(case, play, case.seat.adrift)
        return Beat(ended.play, aside=kind, ending=ended.ending, farewell=ended.farewell)
    play, reply = _pick(play, kind, getattr(case.seat, kind), fresh_only=True)
    return Beat(play, reply, aside=kind)


def _enter(case: Case, play: Play, scene: Scene) -> Beat:
    play = play.model_copy(update={"scene": scene.id})
    play, opening = _pick(play, f"{scene.id}/says", scene.says)
    return Beat(play, scene=scene, opening=opening)


def _end(case: Case, play: Play, ending_id: str) -> Beat:
    ending = case.seat.ending(ending_id)
    play = play.model_copy(update={"ending": ending_id})
    play, farewell = _pick(play, f"{ending_id}/says", ending.says)
    return Beat(play, ending=ending, farewell=farewell)


def _way(play: Play, ways: Iterable[Way]) -> str:
    return next(way.to for way in ways if _holds(way.when, play))


def _holds(when: When, play: Play) -> bool:
    reads = frozenset(play.moments[-1].reads) if play.moments else frozenset[Read]()
    return (
        when.fits_state(play.trust, play.openness)
        and reads.issuperset(when.reads)
        and reads.isdisjoint(when.lacks)
        and (not when.heard or any(moment.style in when.heard for moment in play.moments))
    )


def _pick(
    play: Play, group: str, lines: tuple[ScenarioLine, ...], fresh_only: bool = False
) -> tuple[Play, str | None]:
    """Choose a line: the strictest that fits and was not said; else the one said longest ago.

    Args:
        play: the state that conditions look at.
        group: what the lines belong to.
        lines: all lines of the group.
        fresh_only: rather nothing than a line that was said before.
    """
    fitting = {
        f"{group}/{number}": line for number, line in enumerate(lines) if _holds(line.when, play)
    }
    fresh = {name: line for name, line in fitting.items() if name not in play.said}
    if fresh:
        strictest = max(line.when.strictness for line in fresh.values())
        names = [name for name, line in fresh.items() if line.when.strictness == strictest]
        # Not for secrets: the same play must read the same again.
        chance = random.Random(f"{play.seed}/{group}/{len(play.said)}")  # noqa: S311
        name = chance.choice(names)
    elif fresh_only or not fitting:
        return play, None
    else:
        last = {said: place for place, said in enumerate(play.said)}
        name = min(fitting, key=lambda name: last[name])
    return play.model_copy(update={"said": (*play.said, name)}), fitting[name].text


def _is_copy(play: Play, text: str) -> bool:
    plain = _plain(text)
    if len(plain.split()) < COPY_FROM_WORDS:
        return False
    return any(_plain(moment.text) == plain for moment in play.moments)


def _plain(text: str) -> str:
    """Letters and spaces only, in lower case."""
    letters = unicodedata.normalize("NFKD", text).casefold()
    return " ".join(re.findall(r"\w+", letters))


def _within(value: int, most: int) -> int:
    return max(0, min(most, value))
