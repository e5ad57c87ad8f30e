"""What is counted for Prometheus: numbers only, nothing about anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from bot.conversation.turn import Outcome, Turn
    from bot.nudges.outcomes import Outcome as NudgeOutcome

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counters of one process, in a registry of their own."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._messages = Counter(
            "tevoet_messages", "What came in and was handled", ["kind"], registry=registry
        )
        self._intents = Counter(
            "tevoet_intents", "Likeliest intent of a turn", ["intent"], registry=registry
        )
        self._crises = Counter(
            "tevoet_crises", "Turns with danger in them", ["level"], registry=registry
        )
        self._turn_seconds = Histogram(
            "tevoet_turn_seconds", "From start to commit", buckets=SECONDS, registry=registry
        )
        self._failed = Counter("tevoet_turns_failed", "Tries that failed", registry=registry)
        self._nudges = Counter(
            "tevoet_nudges", "Due schedules by what became of them", ["outcome"], registry=registry
        )
        self._waiting = Gauge(
            "tevoet_outbox_waiting", "Messages that wait to be sent", registry=registry
        )

    def turn(self, turn: Turn, outcome: Outcome, seconds: float) -> None:
        """Count a turn that was committed.

        Args:
            turn: what came in.
            outcome: what it came to.
            seconds: how long it took.
        """
        for inbound in turn.inbounds:
            self._messages.labels(str(inbound.kind)).inc()
        if intent := outcome.understanding.intent:
            self._intents.labels(intent).inc()
        if (level := str(outcome.understanding.crisis["level"])) != "none":
            self._crises.labels(level).inc()
        self._turn_seconds.observe(seconds)

    def failed(self) -> None:
        """Count a try of a turn that failed."""
        self._failed.inc()

    def nudged(self, counts: Mapping[NudgeOutcome, int]) -> None:
        """Count due schedules by what became of them."""
        for outcome, count in counts.items():
            self._nudges.labels(str(outcome)).inc(count)

    def text(self, waiting: int) -> bytes:
        """All of it, in Prometheus' format.

        Args:
            waiting: messages in the outbox now.
        """
        self._waiting.set(waiting)
        return generate_latest(self._registry)
