"""How the bot does, for machines on this machine: /healthz and /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.db.encryption import Cipher
from bot.db.repositories import Outbox
from bot.db.session import reading
from bot.metrics import Metrics
from bot.telegram.webhook import bare_app, serving

HOST = "127.0.0.1"
DATABASE_WITHIN = 3.0  # seconds


class Status:
    """Answers whether all is well, and with numbers.

    Args:
        engine: the database.
        cipher: of the outbox.
        metrics: what was counted.
        model_is_there: whether the model is loaded.
        loops: tasks that run as long as the bot does.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        cipher: Cipher,
        metrics: Metrics,
        model_is_there: Callable[[], bool],
        loops: Sequence[asyncio.Task[Any]],
    ) -> None:
        self._engine, self._cipher, self._metrics = engine, cipher, metrics
        self._model_is_there, self._loops = model_is_there, loops

    def app(self) -> web.Application:
        """The web application; serve it on HOST."""
        app = bare_app()
        app.router.add_get("/healthz", self._health)
        app.router.add_get("/metrics", self._numbers)
        return app

    async def _health(self, request: web.Request) -> web.Response:
        well = (
            self._model_is_there()
            and not any(loop.done() for loop in self._loops)
            and await self._waiting() is not None
        )
        return web.Response(status=200 if well else 503)

    async def _numbers(self, request: web.Request) -> web.Response:
        waiting = await self._waiting()
        if waiting is None:
            return web.Response(status=503)
        text = self._metrics.text(waiting)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _waiting(self) -> int | None:
        """Messages in the outbox; None when the database does not say."""
        try:
            async with asyncio.timeout(DATABASE_WITHIN), reading(self._engine) as session:
                return await Outbox(session, self._cipher).depth()
        except (SQLAlchemyError, OSError, TimeoutError):
            return None


@asynccontextmanager
async def answering(status: Status, port: int | None) -> AsyncIterator[None]:
    """Answer /healthz and /metrics on loopback, when that is wanted.

    Args:
        status: what to answer.
        port: None when it is not wanted.
    """
    if port is None:
        yield
        return
    async with serving(status.app(), HOST, port):
        yield
