"""The record of every call that the bot under test makes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, TypeVar, cast
from urllib.parse import parse_qsl

T = TypeVar("T")

# Fields that travel as JSON inside a form.
JSON_FIELDS = {
    "allowed_updates",
    "caption_entities",
    "commands",
    "entities",
    "link_preview_options",
    "media",
    "menu_button",
    "message_ids",
    "reply_markup",
    "reply_parameters",
    "scope",
}
POLL = "getUpdates"


@dataclass(frozen=True)
class Upload:
    """A file that the bot sent along."""

    filename: str
    data: bytes


@dataclass
class Call:
    """One call: what was asked, when (loop time, seconds) and how it ended.

    `delivered` says that the call took effect on Telegram's side, also when the bot
    never got the answer; `status` is what the bot received, None for no answer.
    """

    index: int
    method: str
    fields: dict[str, Any]
    files: dict[str, Upload]
    started: float
    ended: float | None = None
    status: int | None = None
    description: str | None = None
    result: Any = None
    fault: str | None = None
    delivered: bool = False

    @property
    def chat_id(self) -> int | None:
        """The chat that the call is about."""
        value = self.fields.get("chat_id")
        return value if isinstance(value, int) else None

    @property
    def ok(self) -> bool:
        """The bot was told that it worked."""
        return self.status == 200

    def __str__(self) -> str:
        about = "" if self.chat_id is None else f" chat {self.chat_id}"
        outcome = "no answer" if self.status is None else str(self.status)
        why = f" ({self.fault or self.description})" if self.fault or self.description else ""
        return f"#{self.index} {self.method}{about}: {outcome}{why}"


def read_body(content_type: str, body: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    """Fields (JSON values decoded, ids as integers) and files of a request body."""
    fields: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    if content_type.startswith("application/json"):
        fields = json.loads(body or b"{}")
    elif content_type.startswith("multipart/"):
        head = f"Content-Type: {content_type}\r\n\r\n".encode()
        for part in _parts(BytesParser(policy=HTTP).parsebytes(head + body)):
            name = str(part.get_param("name", header="content-disposition"))
            data = cast(bytes, part.get_payload(decode=True))
            if part.get_filename() is None:
                fields[name] = data.decode()
            else:
                files[name] = Upload(str(part.get_filename()), data)
    else:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return {name: _decoded(name, value) for name, value in fields.items()}, files


def _parts(message: Message) -> list[Message]:
    payload = message.get_payload()
    return [part for part in payload if isinstance(part, Message)] if payload else []


def _decoded(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if name in JSON_FIELDS:
        try:
            return json.loads(value)
        except ValueError:
            return value
    if name in ("chat_id", "message_id") and value.lstrip("-").isdigit():
        return int(value)
    return value


@dataclass
class CallLog:
    """All calls in the order of arrival; polls are kept apart unless asked for."""

    calls: list[Call] = field(default_factory=list)
    # In the order in which they took effect: what a person sees first comes first.
    deliveries: list[Call] = field(default_factory=list)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def begin(self, method: str, fields: dict[str, Any], files: dict[str, Upload]) -> Call:
        """Note a call that has just come in."""
        now = asyncio.get_running_loop().time()
        call = Call(len(self.calls), method, fields, files, now)
        self.calls.append(call)
        return call

    def deliver(self, call: Call) -> None:
        """Note that a call took effect."""
        call.delivered = True
        self.deliveries.append(call)
        self.notify()

    def end(self, call: Call) -> None:
        """Note that the bot has its answer, or never will."""
        call.ended = asyncio.get_running_loop().time()
        self.notify()

    def notify(self) -> None:
        """Wake everyone who waits in `until`."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def __iter__(self) -> Iterator[Call]:
        return (call for call in self.calls if call.method != POLL)

    def of(self, method: str, chat_id: int | None = None) -> list[Call]:
        """Calls of one method, perhaps to one chat."""
        return [
            call for call in self.calls if call.method == method and chat_id in (None, call.chat_id)
        ]

    def failures(self) -> list[Call]:
        """Ended calls that Telegram refused by itself: none of them was programmed."""
        return [call for call in self if call.ended and not call.ok and call.fault is None]

    async def until(self, found: Callable[[], T | None], timeout: float) -> T | None:
        """Wait until `found` gives something; None after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while True:
            changed = self._changed
            if (value := found()) is not None:
                return value
            remaining = deadline - loop.time()
            if remaining <= 0:
                return None
            try:
                await asyncio.wait_for(changed.wait(), remaining)
            except TimeoutError:
                continue

    async def wait_for(
        self, method: str, *, count: int = 1, chat_id: int | None = None, timeout: float = 10.0
    ) -> list[Call]:
        """Wait for `count` ended calls of a method; AssertionError when they stay away."""

        def ended() -> list[Call] | None:
            calls = [call for call in self.of(method, chat_id) if call.ended is not None]
            return calls if len(calls) >= count else None

        calls = await self.until(ended, timeout)
        if calls is None:
            listing = "\n".join(map(str, self))
            raise AssertionError(f"no {count} x {method} within {timeout} s; calls:\n{listing}")
        return calls
