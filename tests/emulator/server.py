"""The Bot API server for tests: PyPI `lo-bot-api-emulator`, with what it lacks.

    async with running_emulator() as emulator:
        ...  # point the bot at emulator.api_url with emulator.token

The bot talks to a fault proxy (proxy.py) on one loopback port, the proxy to the server
on another; a person (user.py) plays through the server's own control endpoint.
"""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientTimeout, web
from lo_bot_api_emulator import CONTRACT, ApiRefusal, LoBotApiEmulator  # type: ignore[import-untyped]
from lo_bot_api_emulator.updates import (  # type: ignore[import-untyped]
    ALLOWED_UPDATE_TYPES,
    UpdateError,
    UpdateQueues,
    integer,
)

from .calls import CallLog
from .chats import ChatBook
from .entities import TelegramRefusal, shown
from .faults import FaultPlan, FloodLimit
from .proxy import FaultProxy

TOKEN = "7:emulated-token-of-the-end-to-end-tests"
BOT = {
    "id": 7,
    "is_bot": True,
    "first_name": "TeVoet",
    "username": "tevoet_emulated_bot",
}
# Fields that change nothing which these tests can see: taken, checked nowhere.
DECORATIONS = {"link_preview_options", "protect_content"}
# Profile settings: the field that carries the value, and the method that reads it.
SETTINGS = {
    "setMyCommands": ("commands", "getMyCommands"),
    "setMyDescription": ("description", "getMyDescription"),
    "setMyShortDescription": ("short_description", "getMyShortDescription"),
    "setMyName": ("name", "getMyName"),
}
READERS = {reader: (name, setter) for setter, (name, reader) in SETTINGS.items()}


class AnyUpdateQueues(UpdateQueues):  # type: ignore[misc]
    """Queues for every kind of update that Telegram has, not just three."""

    async def enqueue(self, token: str, update: dict[str, Any]) -> int:
        """Queue one update and give its id; a webhook gets it at once."""
        kinds = set(update) - {"update_id"} if isinstance(update, dict) else set()
        if len(kinds) != 1 or not kinds <= ALLOWED_UPDATE_TYPES:
            raise UpdateError("An update has exactly one known kind")
        state = self._state(token)
        async with state.condition:
            if len(state.updates) >= self.max_updates:
                raise UpdateError("Update capacity reached", 507)
            update_id: int = integer(
                update.get("update_id", state.next_id), state.next_id, 2**63 - 1
            )
            state.next_id = update_id + 1
            state.updates.append({**copy.deepcopy(update), "update_id": update_id})
            state.condition.notify_all()
        await self.deliver(token)
        return update_id


class BotApiServer(LoBotApiEmulator):  # type: ignore[misc]
    """Adds to the emulator: a username, stored settings, contacts, parsed texts."""

    def __init__(self) -> None:
        super().__init__(
            enable_control=True,
            allow_insecure_loopback_webhooks=True,
            max_assets=100_000,
            max_history=100_000,
        )
        self._update_queues = AnyUpdateQueues(
            record=self._record, max_updates=100_000, insecure_webhooks=True
        )
        # (method that sets it, scope, language) -> value
        self.settings: dict[tuple[str, str, str], Any] = {}

    def take_message_id(self) -> int:
        """A message id for a person's message: bot and people share one sequence."""
        message_id: int = self.next_id
        self.next_id += 1
        return message_id

    def validate(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        """Check a call and give its result, as the emulator does."""
        if method in SETTINGS or method in READERS:
            return self._setting(method, fields)
        if method == "deleteMessages":
            return self._delete_messages(fields)
        if method.startswith(("send", "edit", "copy")):
            for name in DECORATIONS:
                fields.pop(name, None)
        try:
            return self._validate_shown(method, fields, uploads)
        except TelegramRefusal as refusal:
            raise ApiRefusal(refusal.description, refusal.status) from refusal

    def _validate_shown(self, method: str, fields: dict[str, Any], uploads: dict[str, Any]) -> Any:
        """Let the emulator see the text as shown: its limits count after parsing."""
        name = "text" if method in ("sendMessage", "editMessageText") else "caption"
        entities: list[dict[str, Any]] = []
        if name in fields:
            formatted = shown(fields, name)
            entities = list(formatted.entities)
            fields[name] = formatted.text
        if method == "sendContact":
            return self._contact(fields)
        result = super().validate(method, fields, uploads)
        if method == "getMe":
            return {**result, **BOT}
        if entities and isinstance(result, dict):
            result["entities" if name == "text" else "caption_entities"] = entities
        return result

    def _known(self, method: str, fields: dict[str, Any]) -> None:
        for name in sorted(set(fields) - set(CONTRACT["methods"][method]["parameters"])):
            raise ApiRefusal(f"Bad Request: {name} is not supported yet")

    def _setting(self, method: str, fields: dict[str, Any]) -> Any:
        self._known(method, fields)
        scope = str(self.decoded(fields.get("scope")) or {"type": "default"})
        language = fields.get("language_code") or ""
        if method in SETTINGS:
            name, _ = SETTINGS[method]
            value = fields.get(name, "")
            self.settings[method, scope, language] = (
                self.decoded(value) if name == "commands" else value
            )
            return True
        name, setter = READERS[method]
        value = self.settings.get((setter, scope, language))
        return value or [] if name == "commands" else {name: value or ""}

    def _delete_messages(self, fields: dict[str, Any]) -> bool:
        wanted = self.decoded(fields.get("message_ids"))
        if not isinstance(wanted, list) or not 1 <= len(wanted) <= 100:
            raise ApiRefusal("Bad Request: message identifiers are not specified")
        return True

    def _contact(self, fields: dict[str, Any]) -> Any:
        """The emulator knows the fields of sendContact but gives no result: lend it a text."""
        self._known("sendContact", fields)
        names = ("phone_number", "first_name", "last_name", "vcard")
        contact = {name: fields[name] for name in names if fields.get(name)}
        for name in ("phone_number", "first_name"):
            if name not in contact:
                raise ApiRefusal(f"Bad Request: {name.replace('_', ' ')} is empty")
        others = {name: value for name, value in fields.items() if name not in names}
        result = super().validate("sendMessage", {**others, "text": contact["first_name"]}, {})
        del result["text"]
        return {**result, "contact": contact}


@dataclass
class Emulator:
    """A running server with its proxy: what the tests hold on to."""

    token: str
    api_url: str
    control_url: str
    server: BotApiServer
    proxy: FaultProxy
    chats: ChatBook
    session: ClientSession = field(repr=False)

    @property
    def log(self) -> CallLog:
        """Every call of the bot."""
        return self.proxy.log

    @property
    def faults(self) -> FaultPlan:
        """What is to go wrong."""
        return self.proxy.faults

    @property
    def violations(self) -> list[str]:
        """Calls whose content Telegram refuses or silently drops: assert that it is empty."""
        return self.proxy.violations

    def limit_flood(self, **limits: float) -> FloodLimit:
        """From now on refuse with 429 what exceeds Telegram's flood limits."""
        loop = asyncio.get_running_loop()
        self.proxy.flood = FloodLimit(loop.time, **limits)  # type: ignore[arg-type]
        return self.proxy.flood

    async def send_update(self, update: dict[str, Any]) -> int:
        """Let something happen in Telegram; gives the update's id."""
        body = json.dumps({"token": self.token, "update": update}, ensure_ascii=False).encode()
        url = f"{self.control_url}/__fixture/updates"
        async with self.session.post(url, data=body) as response:
            answer = await response.json()
        if not answer["ok"]:
            raise ValueError(answer["description"])
        return int(answer["result"]["update_id"])


@asynccontextmanager
async def _serving(app: web.Application, *, cancel: bool = False) -> AsyncIterator[str]:
    runner = web.AppRunner(app, access_log=None, handler_cancellation=cancel, shutdown_timeout=0.2)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def running_emulator(token: str = TOKEN) -> AsyncIterator[Emulator]:
    """Server and proxy on free loopback ports, for as long as the block lasts."""
    server, chats = BotApiServer(), ChatBook(dict(BOT))
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(ClientSession(timeout=ClientTimeout(None)))
        control_url = await stack.enter_async_context(_serving(server.app()))
        proxy = FaultProxy(control_url, chats, session)
        stack.push_async_callback(proxy.close)
        api_url = await stack.enter_async_context(_serving(proxy.app(), cancel=True))
        yield Emulator(token, api_url, control_url, server, proxy, chats, session)
