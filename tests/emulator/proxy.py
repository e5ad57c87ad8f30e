"""The fault proxy between the bot under test and the Bot API server.

Everything is forwarded and logged. On the way a call may meet, in this order: a fault
programmed by the test, the flood limit, a check of its content, a check against what
the chat shows. A call that has arrived is carried out even when the bot hangs up.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, web

from .calls import POLL, Call, CallLog, read_body
from .chats import ChatBook
from .entities import TelegramRefusal
from .faults import Fault, FaultPlan, FloodLimit
from .limits import check, silent_losses

OVERTAKEN = TelegramRefusal(
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running",
    409,
)


@dataclass(frozen=True)
class Answer:
    """What goes back to the bot."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What came in, for sending on."""

    path: str
    content_type: str
    body: bytes


class FaultProxy:
    """Forwards to `upstream` (a root URL); keeps the log, the faults and the violations."""

    def __init__(self, upstream: str, chats: ChatBook, session: ClientSession) -> None:
        self.upstream = upstream
        self.chats = chats
        self.session = session
        self.log = CallLog()
        self.faults = FaultPlan()
        self.flood: FloodLimit | None = None
        self.violations: list[str] = []
        self._redelivery: Answer | None = None
        self._running: set[asyncio.Task[Answer | None]] = set()
        self._overtaken: dict[str, asyncio.Future[None]] = {}

    def app(self) -> web.Application:
        """The web application; serve it with `handler_cancellation=True`."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_post("/bot{token}/{method}", self.handle)
        app.router.add_get("/file/bot{token}/{path:.*}", self.download)
        return app

    async def close(self) -> None:
        """End the calls that are still held."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def download(self, request: web.Request) -> web.Response:
        """Files pass through as they are."""
        async with self.session.get(self.upstream + request.path) as response:
            return web.Response(status=response.status, body=await response.read())

    async def handle(self, request: web.Request) -> web.Response:
        """One Bot API call."""
        content_type = request.headers.get("Content-Type", "")
        incoming = Request(request.path, content_type, await request.read())
        fields, files = read_body(content_type, incoming.body)
        call = self.log.begin(request.match_info["method"], fields, files)
        try:
            if call.method == POLL:
                answer = await self._newest_poll(call, incoming)
            else:
                task = asyncio.create_task(self._answer(call, incoming))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                answer = await asyncio.shield(task)
        except asyncio.CancelledError:
            call.fault = call.fault or "the bot hung up"
            self.log.end(call)
            raise
        if answer is None:
            self.log.end(call)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        call.status, call.result = answer.status, answer.body.get("result")
        call.description = answer.body.get("description")
        if call.chat_id is not None and not call.ok:
            self.chats.note(call.chat_id, "bot", f"(refused {call.method}: {call.description})")
        self.log.end(call)
        return web.json_response(answer.body, status=answer.status)

    async def _answer(self, call: Call, incoming: Request) -> Answer | None:
        """Carry out a call; None when the connection is to break."""
        fault = self.faults.take(call)
        if fault is not None:
            call.fault = fault.name
            if fault.status is not None:
                await asyncio.sleep(fault.seconds)
                return Answer(fault.status, fault.body)
            if not fault.sent:
                await asyncio.sleep(fault.seconds)
                if fault.lost:
                    return None
        answer = self._refusal(call) or await self._forward(call, incoming)
        if fault is not None and fault.lost:
            await asyncio.sleep(fault.seconds)
            return None
        return answer

    def _refusal(self, call: Call) -> Answer | None:
        """The error with which Telegram would refuse this call."""
        excess = self.flood.refusal(call) if self.flood is not None else None
        if excess is not None and excess.status is not None:
            call.fault = "flood"
            return Answer(excess.status, excess.body)
        try:
            check(call.method, call.fields)
        except TelegramRefusal as refusal:
            self.violations.append(f"{call.method}: {refusal.description}")
            return _refused(refusal)
        self.violations += silent_losses(call.method, call.fields)
        try:
            self.chats.check(call)
        except TelegramRefusal as refusal:
            return _refused(refusal)
        return None

    async def _forward(self, call: Call, incoming: Request) -> Answer:
        """Hand the call to the server and note what it did."""
        answer = await self._send(incoming)
        if not answer.body.get("ok"):
            return answer
        result = self.chats.apply(call, answer.body["result"])
        call.result = result
        self.log.deliver(call)
        return Answer(answer.status, {"ok": True, "result": result})

    async def _send(self, incoming: Request) -> Answer:
        headers = {"Content-Type": incoming.content_type} if incoming.content_type else {}
        try:
            async with self.session.post(
                self.upstream + incoming.path, data=incoming.body, headers=headers
            ) as response:
                return Answer(response.status, json.loads(await response.read()))
        except (ClientError, ValueError) as error:
            description = f"Bad Gateway: {error!r}"
            return Answer(502, {"ok": False, "error_code": 502, "description": description})

    async def _newest_poll(self, call: Call, incoming: Request) -> Answer | None:
        """A poll ends when its connection does, and when another poll of the bot begins."""
        if (previous := self._overtaken.get(incoming.path)) and not previous.done():
            previous.set_result(None)
        overtaken = asyncio.get_running_loop().create_future()
        self._overtaken[incoming.path] = overtaken
        poll = asyncio.create_task(self._poll(call, incoming))
        try:
            await asyncio.wait({poll, overtaken}, return_when=asyncio.FIRST_COMPLETED)
            return poll.result() if poll.done() else _refused(OVERTAKEN)
        finally:
            poll.cancel()
            overtaken.cancel()

    async def _send_poll(self, incoming: Request) -> Answer:
        """The server notices late that a connection has gone: a tenth of a second."""
        for _ in range(50):
            answer = await self._send(incoming)
            if "another getUpdates" not in str(answer.body.get("description")):
                break
            await asyncio.sleep(0.02)
        return answer

    async def _poll(self, call: Call, incoming: Request) -> Answer | None:
        """getUpdates: the usual faults, and updates that come twice."""
        fault = self.faults.take(call)
        if fault is not None:
            return await self._faulty_poll(call, incoming, fault)
        if self._redelivery is not None:
            answer, self._redelivery = self._redelivery, None
            call.fault = "redelivered"
            return answer
        answer = await self._send_poll(incoming)
        updates = answer.body.get("result")
        if not answer.body.get("ok") or not updates:
            return answer
        repeat = self.faults.take(call, repeats=True)
        if repeat is not None:
            call.fault = repeat.name
            if repeat.repeat == "next":
                self._redelivery = answer
            else:
                others = (
                    _mixed(updates)
                    if repeat.repeat == "mixed"
                    else [update for update in updates for _ in range(2)]
                )
                answer = Answer(answer.status, {"ok": True, "result": others})
        self.log.deliver(call)
        return answer

    async def _faulty_poll(self, call: Call, incoming: Request, fault: Fault) -> Answer | None:
        call.fault = fault.name
        if fault.status is None and fault.sent:
            await self._send_poll(incoming)
        await asyncio.sleep(fault.seconds)
        if fault.status is not None:
            return Answer(fault.status, fault.body)
        return None if fault.lost else await self._send_poll(incoming)


def _mixed(updates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Chat by chat, the last chat first."""
    chats: dict[int, list[dict[str, Any]]] = {}
    for update in updates:
        [what] = (value for value in update.values() if isinstance(value, dict))
        about = what.get("message", what)
        chats.setdefault(about["chat"]["id"], []).append(update)
    return [update for some in reversed(chats.values()) for update in some]


def _refused(refusal: TelegramRefusal) -> Answer:
    body = {"ok": False, "error_code": refusal.status, "description": refusal.description}
    return Answer(refusal.status, body)
