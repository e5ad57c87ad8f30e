"""Updates that Telegram brings: answered 200 when they are stored, and not before.

Group commit, as in marks.py: what comes while a transaction is under way goes with the next one,
so that a burst shares a few writes to the disk and a lone update waits for nobody.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from telegram import Bot, Update
from telegram.error import BadRequest, NetworkError, RetryAfter

from bot.logs import places
from bot.settings import SettingsError, WebhookSettings
from bot.telegram.inbox import ALLOWED_UPDATES, Intake, NotStoredError

TOKEN_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (a name)
LARGEST = 1024**2  # bytes; an update is a few thousand
BODY_WITHIN = 10.0  # seconds
LARGEST_ID = 2**63 - 1
# Telegram opens up to so many connections, and so many may wait to be accepted.
CONNECTIONS, BACKLOG = 100, 1024
TRY_AGAIN = 5.0

logger = logging.getLogger(__name__)

AfterStoring = Callable[[Update], Awaitable[None]]


@dataclass
class _Group:
    """What goes into one transaction."""

    updates: list[Update] = field(default_factory=list)
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Webhook:
    """Takes updates on one path.

    Args:
        settings: path and secret.
        intake: stores updates.
        bot: what is read belongs to it.
        after: called with each update that was stored.
    """

    def __init__(
        self,
        settings: WebhookSettings,
        intake: Intake,
        bot: Bot | None = None,
        after: AfterStoring | None = None,
    ) -> None:
        self._path, self._secret = settings.path, settings.secret.encode()
        self._intake, self._bot, self._after = intake, bot, after
        self._next: _Group | None = None
        self._writing: asyncio.Task[None] | None = None

    def app(self) -> web.Application:
        """The web application: one path, and nothing that says what runs here."""
        app = bare_app()
        app.router.add_post(self._path, self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        given = request.headers.get(TOKEN_HEADER, "").encode(errors="surrogateescape")
        if not hmac.compare_digest(given, self._secret):
            return web.Response(status=401)
        if request.content_type != "application/json":
            return web.Response(status=415)
        try:
            async with asyncio.timeout(BODY_WITHIN):
                data = _parsed(await request.read())
        except TimeoutError:
            return web.Response(status=408)
        except (ValueError, TypeError, LookupError, RecursionError):
            return web.Response(status=400)
        try:
            update = Update.de_json(data, self._bot)
        except Exception as error:
            # Refused, it would come again for a day and hold up all others. The type of the
            # error only: its words may quote the update.
            logger.error("an update could not be read (%s)", type(error).__name__)
            return web.Response()
        try:
            await self._store(update)
        except NotStoredError:
            # Telegram comes again with it.
            return web.Response(status=503)
        if self._after:
            await self._after(update)
        return web.Response()

    async def _store(self, update: Update) -> None:
        """Store an update with those that come meanwhile.

        Raises:
            NotStoredError: none of them is stored.
        """
        group = self._next = self._next or _Group()
        group.updates.append(update)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        # A caller that hangs up takes nothing from the others.
        await asyncio.shield(group.done)

    async def _write(self) -> None:
        while (group := self._next) is not None:
            self._next = None
            try:
                await self._intake.store(group.updates)
            except Exception as error:
                group.done.set_exception(error)
            else:
                group.done.set_result(None)
        self._writing = None


def _parsed(body: bytes) -> dict[str, Any]:
    """The JSON of an update.

    Raises:
        ValueError, TypeError, LookupError, RecursionError: it is none.
    """
    data: dict[str, Any] = json.loads(body)
    number = data["update_id"]
    if type(number) is not int or not 0 <= number <= LARGEST_ID:
        raise ValueError("no update id")
    return data


def bare_app() -> web.Application:
    """A web application without routes, whose answers say nothing about the program."""
    app = web.Application(client_max_size=LARGEST, middlewares=[_without_words])
    app.on_response_prepare.append(_without_name)
    return app


@web.middleware
async def _without_words(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """A refusal is a number, with nothing to learn from."""
    try:
        return await handler(request)
    except web.HTTPException as refusal:
        return web.Response(status=refusal.status)
    except Exception as error:
        # Not left to aiohttp, which would log its words.
        logger.error("a request failed (%s)\n%s", type(error).__name__, places(error))
        return web.Response(status=500)


async def _without_name(request: web.Request, response: web.StreamResponse) -> None:
    """The name of the server helps only who looks for a way in."""
    response.headers.pop("Server", None)


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve an application; requests under way are answered at the end.

    Args:
        app: what to serve.
        host: the address to listen on.
        port: 0 for any.

    Yields:
        The port.
    """
    # No access log: it would hold addresses.
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, backlog=BACKLOG, shutdown_timeout=10).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def announce(bot: Bot, settings: WebhookSettings, stop: asyncio.Event) -> None:
    """Tell Telegram where to bring updates; tried until it is heard.

    Args:
        bot: Telegram.
        settings: the address and its secret.
        stop: ends the trying.

    Raises:
        SettingsError: Telegram refuses the address.
    """
    while not stop.is_set():
        wait = TRY_AGAIN
        try:
            await bot.set_webhook(
                settings.url,
                secret_token=settings.secret,
                allowed_updates=ALLOWED_UPDATES,
                max_connections=CONNECTIONS,
                drop_pending_updates=False,
            )
        except BadRequest:
            raise SettingsError("WEBHOOK_URL: Telegram refuses it") from None
        except RetryAfter as error:
            wait = _seconds(error)
        except NetworkError as error:
            logger.warning("the webhook is not set yet (%s)", type(error).__name__)
        else:
            logger.info("the webhook is set")
            return
        try:
            await asyncio.wait_for(stop.wait(), wait)
        except TimeoutError:
            continue


def _seconds(error: RetryAfter) -> float:
    wait = error.retry_after
    return wait if isinstance(wait, int | float) else wait.total_seconds()
