"""Which tip fits best, and why: a pure function of a situation.

Every number that counts is named, so that "Waarom deze tip?" can be answered
from the same data that chose it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from bot.content import Content, Tip
from nlu.facts import Facts
from nlu.particulars import Particulars

AUDIENCE_FIT = 0.10
AUDIENCE_MISFIT = -0.40
# What the user said to want, and what was tried already: a wish decides between tips that fit,
# it does not make one fit.
WISHED = 0.25
TRIED = -0.50
OWN_HELPED = 0.10
OWN_UNHELPED = -0.60
# More than all that can speak for a tip: the others come first, until days have gone by.
GIVEN_RECENTLY = -1.6
FORGET_AFTER_DAYS = 7.0
# More than all other reasons together: such a tip never comes first while another can.
TOO_SOON = -4.0
POOLED_WEIGHT = 0.4
# The sum of a tip's weights over all concerns, brought to about the size of one weight.
GENERAL_SCALE = 10.0
# A tip starts as if four users had voted, half of them for it: few votes move it little.
POOLED_PRIOR = 2.0


@dataclass(frozen=True, slots=True)
class Situation:
    """Who has what trouble with whom.

    Args:
        facts: what the bot knows of this chat.
        concern: a concern intent, or None when the user asks for any tip.
        flags: the red flags that count here; a tip that is unsafe with one is withheld.
        side: "hurt", "breaker" or None when unknown.
        tried: tips whose idea the user has tried already.
        wished: tips whose idea the user wants.
        intense: the user is overwhelmed now.
        first: no tip was given yet about this concern.
    """

    facts: Facts
    concern: str | None = None
    flags: frozenset[str] = frozenset()
    side: str | None = None
    tried: frozenset[str] = frozenset()
    wished: frozenset[str] = frozenset()
    intense: bool = False
    first: bool = True

    @classmethod
    def of(
        cls,
        facts: Facts,
        content: Content,
        concern: str | None,
        flags: frozenset[str],
        told: Particulars,
        first: bool = True,
    ) -> Situation:
        """The situation of somebody who has a concern and told something about it."""
        known = content.concerns.get(concern or "")
        side = told.side_in(known.known_side if known else None)
        return cls(facts, concern, flags, side, told.tried, told.wished, told.intense, first)


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that counted for or against a tip; the values add up to its score."""

    code: str
    value: float


@dataclass(frozen=True, slots=True)
class ScoredTip:
    """A tip with its score and the reasons for it."""

    tip: Tip
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> float:
        """The sum of the reasons."""
        return sum(reason.value for reason in self.reasons)


def rank(tips: Iterable[Tip], situation: Situation) -> list[ScoredTip]:
    """Order the tips that are safe here, the best first.

    Args:
        tips: all tips.
        situation: who has what trouble with whom.

    Returns:
        The tips that no gate withholds; the tip given last stands behind all others.
        Equal scores follow the order of the tips' numbers.
    """
    scored = [
        ScoredTip(tip, tuple(_reasons(tip, situation)))
        for tip in tips
        if not situation.flags & set(tip.unsafe_when)
    ]
    last = situation.facts.given[0].tip_id if situation.facts.given else None
    return sorted(scored, key=lambda s: (s.tip.id == last, -round(s.score, 9), s.tip.number))


def _reasons(tip: Tip, situation: Situation) -> Iterable[Reason]:
    concern, facts = situation.concern, situation.facts
    if concern is None:
        # Without a concern the tip that fits most situations comes first.
        yield Reason("general", sum(tip.helps_with.values()) / GENERAL_SCALE)
    else:
        yield Reason("concern", tip.helps_with.get(concern, 0.0))
        if situation.first and concern in tip.not_first_for:
            yield Reason("too_soon", TOO_SOON)
        helped, unhelped = facts.pooled.get((concern, tip.id), (0, 0))
        if helped + unhelped:
            share = (helped + POOLED_PRIOR) / (helped + unhelped + 2 * POOLED_PRIOR)
            yield Reason("pooled", POOLED_WEIGHT * (share - 0.5))
    if situation.side and tip.audience != "both":
        fits = tip.audience == situation.side
        yield Reason("audience", AUDIENCE_FIT if fits else AUDIENCE_MISFIT)
    if tip.id in situation.wished:
        yield Reason("wished", WISHED)
    if tip.id in situation.tried:
        yield Reason("tried", TRIED)
    if situation.intense and tip.when_intense:
        yield Reason("intense", tip.when_intense)
    given = facts.last_given(tip.id)
    if given:
        days = max(0.0, (facts.now - given.given_at).total_seconds() / 86_400)
        yield Reason("given_before", GIVEN_RECENTLY * math.exp(-days / FORGET_AFTER_DAYS))
        verdict = next(
            (g.helped for g in facts.given if g.tip_id == tip.id and g.helped is not None), None
        )
        if verdict is not None:
            yield Reason(
                "helped_you" if verdict else "not_for_you", OWN_HELPED if verdict else OWN_UNHELPED
            )
