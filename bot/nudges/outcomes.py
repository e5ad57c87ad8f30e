"""What becomes of a schedule whose moment has come: sent, or skipped by a rule. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.db.repositories import CHECKIN, SUMMARY, Claim, Due
from bot.nudges.moments import Rhythm, next_moment, next_week

# Missed for longer than this, a nudge is skipped: nobody is asked about yesterday at breakfast.
LATE = timedelta(hours=2)
# Nudges that nobody reacts to: after these the bot asks whether to go on, then once a week ...
UNANSWERED_BEFORE_ASKING = 3
# ... and after these it is silent.
UNANSWERED_BEFORE_SILENCE = 7


class Outcome(StrEnum):
    """What was done with a due schedule, as counted."""

    SEND = "send"  # the usual nudge
    ASK = "ask"  # the question whether to go on
    LATE = "late"  # missed, and too long ago
    FROZEN = "frozen"  # a safety hold or an open safety question, or no consent
    EMPTY = "empty"  # a week without a check-in needs no summary
    FRESH = "fresh"  # the user checked in shortly before
    SILENT = "silent"  # nobody reacted for weeks: switched off
    BLOCKED = "blocked"  # the chat cannot be reached: switched off


SENT = frozenset({Outcome.SEND, Outcome.ASK})
OFF = frozenset({Outcome.SILENT, Outcome.BLOCKED})


@dataclass(frozen=True, slots=True)
class Decided:
    """A due schedule with what becomes of it."""

    due: Due
    outcome: Outcome
    claim: Claim

    def is_due(self, now: datetime) -> bool:
        """Whether its next moment has come as well."""
        return self.claim.next_at is not None and self.claim.next_at <= now


def outcome(due: Due, now: datetime) -> Outcome:
    """Which rule applies to a due schedule; safety comes before all that would send."""
    if not due.reachable:
        return Outcome.BLOCKED
    if due.held or not due.consented:
        return Outcome.FROZEN
    if now - due.next_at > LATE:
        return Outcome.LATE
    if due.kind == SUMMARY and not due.told:
        return Outcome.EMPTY
    if due.kind != CHECKIN:
        return Outcome.SEND
    if due.fresh:
        return Outcome.FRESH
    if due.unanswered >= UNANSWERED_BEFORE_SILENCE:
        return Outcome.SILENT
    return Outcome.ASK if due.unanswered == UNANSWERED_BEFORE_ASKING else Outcome.SEND


def rhythm_of(due: Due) -> Rhythm:
    """The rhythm of a due schedule."""
    days = tuple(due.days.split(",")) if due.days else ()
    return Rhythm(due.local_time, days, due.zone, due.paused_from, due.paused_until)


def decide(due: Due, now: datetime) -> Decided:
    """What becomes of a due schedule, and its next moment.

    Args:
        due: whose moment has come.
        now: the moment.
    """
    result = outcome(due, now)
    sent = result in SENT
    unanswered = due.unanswered + int(sent and due.kind == CHECKIN)
    following = None
    if result not in OFF:
        rhythm = rhythm_of(due)
        # Not from the moment that was missed: a year of them would come at once. Yet what a day's
        # outage left for today may still be sent, if it is not too late for that as well.
        since = now - LATE - timedelta.resolution if result is Outcome.LATE else now
        slow = unanswered > UNANSWERED_BEFORE_ASKING
        following = next_week(rhythm, due.next_at) if slow else None
        if following is None or following <= since:
            following = next_moment(rhythm, since)
    claim = Claim(
        id=due.id,
        was=due.next_at,
        next_at=following,
        unanswered=unanswered,
        nudged_at=now if sent else None,
        # Without a next moment it was for once only.
        enabled=following is not None,
    )
    return Decided(due, result, claim)
