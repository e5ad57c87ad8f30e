"""Faults of Telegram and of the network, to be programmed by a test.

emulator.faults.add(too_many_requests(2), method="sendMessage", chat_id=5)
emulator.faults.add(dropped(sent=True), method="sendMessage", nth=3)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .calls import Call


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call.

    status:  answer with this error, nothing takes effect;
    lost:    no answer, the connection is closed;
    sent:    for a lost answer: the call did take effect before;
    seconds: wait this long first (before the effect, or after it when `sent`);
    repeat:  give the updates of a poll twice ("batch") or once more at the next poll, or in
             another order ("mixed").
    """

    name: str
    status: int | None = None
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    lost: bool = False
    sent: bool = False
    seconds: float = 0.0
    repeat: Literal["batch", "next", "mixed"] | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The error answer in Telegram's form."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        return {**body, "parameters": self.parameters} if self.parameters else body


def too_many_requests(retry_after: int = 1) -> Fault:
    """429: come back after `retry_after` seconds."""
    description = f"Too Many Requests: retry after {retry_after}"
    return Fault("429", 429, description, {"retry_after": retry_after})


def blocked() -> Fault:
    """403: the person has blocked the bot."""
    return Fault("blocked", 403, "Forbidden: bot was blocked by the user")


def unauthorized() -> Fault:
    """401: the token was revoked, or never was one."""
    return Fault("unauthorized", 401, "Unauthorized")


def deactivated() -> Fault:
    """403: the account is gone."""
    return Fault("deactivated", 403, "Forbidden: user is deactivated")


def chat_not_found() -> Fault:
    """400: there is no such chat."""
    return Fault("chat not found", 400, "Bad Request: chat not found")


def server_error(status: int = 500) -> Fault:
    """5xx: Telegram itself is in trouble."""
    texts = {500: "Internal Server Error", 502: "Bad Gateway", 504: "Gateway Timeout"}
    return Fault(f"{status}", status, texts.get(status, "Internal Server Error"))


def slow(seconds: float) -> Fault:
    """The call works, late."""
    return Fault("slow", seconds=seconds)


def held(seconds: float, *, sent: bool = False) -> Fault:
    """No answer for `seconds`, then the connection closes: a timeout for the bot."""
    return Fault("held", lost=True, sent=sent, seconds=seconds)


def dropped(*, sent: bool = False) -> Fault:
    """The connection breaks, before the call took effect or (`sent`) after it."""
    return Fault("dropped after" if sent else "dropped before", lost=True, sent=sent)


def duplicated() -> Fault:
    """getUpdates: every update twice in one answer."""
    return Fault("duplicated", repeat="batch")


def redelivered() -> Fault:
    """getUpdates: the same updates once more at the next poll, acknowledged or not."""
    return Fault("redelivered", repeat="next")


def mixed() -> Fault:
    """getUpdates: in another order; those of one chat keep theirs."""
    return Fault("mixed", repeat="mixed")


@dataclass
class Rule:
    """A fault for the matching calls number `nth` up to `nth + times - 1` (None: all after)."""

    fault: Fault
    method: str | None
    chat_id: int | None
    nth: int
    times: int | None
    seen: int = 0
    hits: int = 0

    def strikes(self, call: Call) -> bool:
        """Count the call when it matches; say whether it is one to fail."""
        if self.method not in (None, call.method) or self.chat_id not in (None, call.chat_id):
            return False
        self.seen += 1
        if self.seen < self.nth or (self.times is not None and self.hits >= self.times):
            return False
        self.hits += 1
        return True


@dataclass
class FaultPlan:
    """The rules of one test, in the order in which they were added; the first to strike wins."""

    rules: list[Rule] = field(default_factory=list)

    def add(
        self,
        fault: Fault,
        *,
        method: str | None = None,
        chat_id: int | None = None,
        nth: int = 1,
        times: int | None = 1,
    ) -> Rule:
        """Program a fault. Without `method` it meets every call but polls.

        Polls with nothing to give do not count for `duplicated`, `redelivered` and `mixed`.
        """
        if fault.repeat:
            method = "getUpdates"
        rule = Rule(fault, method, chat_id, nth, times)
        self.rules.append(rule)
        return rule

    def clear(self) -> None:
        """From now on nothing fails."""
        self.rules.clear()

    def take(self, call: Call, *, repeats: bool = False) -> Fault | None:
        """The fault that this call meets; `repeats` selects the faults of full polls."""
        for rule in self.rules:
            if bool(rule.fault.repeat) != repeats:
                continue
            if rule.method is None and call.method == "getUpdates":
                continue
            if rule.strikes(call):
                return rule.fault
        return None


@dataclass
class _Bucket:
    capacity: float
    rate: float
    level: float
    at: float

    def wait(self, now: float) -> float:
        """Seconds until one more message fits; 0 when it fits now."""
        self.level = min(self.capacity, self.level + (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (1 - self.level) / self.rate)


@dataclass
class FloodLimit:
    """Telegram's flood limits, as far as they are documented: messages a second.

    `overall` for the bot, `per_chat` for a chat with `burst` messages in reserve.
    """

    clock: Callable[[], float]
    overall: float = 30.0
    per_chat: float = 1.0
    burst: int = 3
    refused: int = 0
    _all: _Bucket | None = None
    _chats: dict[int, _Bucket] = field(default_factory=dict)

    def refusal(self, call: Call) -> Fault | None:
        """429 for a message too many, None (and counted) for one that fits."""
        if not call.method.startswith(("send", "edit", "copy", "forward")):
            return None
        if call.method == "sendChatAction" or call.chat_id is None:
            return None
        now = self.clock()
        if self._all is None:
            self._all = _Bucket(self.overall, self.overall, self.overall, now)
        chat = self._chats.setdefault(
            call.chat_id, _Bucket(self.burst, self.per_chat, self.burst, now)
        )
        wait = max(self._all.wait(now), chat.wait(now))
        if wait > 1e-9:
            self.refused += 1
            return too_many_requests(max(1, math.ceil(wait)))
        self._all.level -= 1
        chat.level -= 1
        return None
