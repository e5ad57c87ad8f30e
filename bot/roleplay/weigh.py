"""What a line of the user does to the other's trust and openness, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.roleplay.play import Case
from bot.roleplay.scenario import Read, Style, effect

# A plan convinces nobody who does not yet dare to speak.
PROPOSAL_FROM_OPENNESS = 4
# The third in a row of one of these brings less: questions become an interrogation.
SAME_STYLE_FROM = 3
WEARS_OFF: frozenset[Style] = frozenset({"open_question", "validation", "proposal"})
NAMED: frozenset[Read] = frozenset({"event", "feeling", "need", "request"})


@dataclass(frozen=True, slots=True)
class Change:
    """What a line does to the other, and why."""

    trust: int
    openness: int
    reasons: tuple[str, ...]


def weigh(
    case: Case,
    style: Style,
    reads: Iterable[Read],
    openness: int,
    run: int,
    asked: bool = False,
) -> Change:
    """What a line does, with the reasons for it.

    Args:
        case: the rules.
        style: of the line.
        reads: what it does besides.
        openness: of the other, before it.
        run: how many lines in a row have this style, this one included.
        asked: the other just asked for this style.
    """
    trust, open_by = effect(case.styles, case.seat, style)
    reads = frozenset(reads)
    reasons: list[str] = [style]
    named = reads & NAMED
    too_soon = style == "proposal" and openness < PROPOSAL_FROM_OPENNESS and not asked
    if trust > 0 and too_soon:
        return Change(0, open_by, (style, "too_soon"))
    if trust > 0:
        if run >= SAME_STYLE_FROM and style in WEARS_OFF:
            trust -= 1
            reasons.append("same_again")
        if len(named) >= 2 or (named and "answer" in reads):
            trust += 1
            reasons.append("named")
    elif trust < 0 and style != "contempt" and "feeling" in reads:
        # Behind the reproach something of the user is heard.
        trust += 1
        reasons.append("feeling_heard")
    return Change(trust, open_by, tuple(reasons))
