"""The bot on Telegram: polling or a webhook, with inbox and outbox around it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from telegram.ext import ApplicationBuilder

from bot.conversation.drain import Conversation
from bot.db.trouble import TROUBLE, reason
from bot.settings import WebhookSettings
from bot.telegram import heartbeat
from bot.telegram.client import client_options
from bot.telegram.handlers import AnyApplication, register
from bot.telegram.inbox import ALLOWED_UPDATES, Intake, StoringBot
from bot.telegram.introduction import introduce, reached
from bot.telegram.sender import Sender
from bot.telegram.status import Status, answering
from bot.telegram.stopping import stop_signal
from bot.telegram.webhook import Webhook, announce, serving

if TYPE_CHECKING:
    from bot.bootstrap import App

logger = logging.getLogger(__name__)

TIDY_EVERY = 3600.0


def build(token: str, api_url: str) -> AnyApplication:
    """python-telegram-bot's application on the fast transport.

    Args:
        token: from BotFather.
        api_url: the root of the Bot API server.
    """
    bot: StoringBot = StoringBot(**client_options(token, api_url))
    return ApplicationBuilder().bot(bot).build()


async def run(
    application: AnyApplication,
    app: App,
    webhook: WebhookSettings | None = None,
    model_is_there: Callable[[], bool] = lambda: True,
) -> None:
    """Run the bot until SIGTERM or SIGINT: turns under way are finished, replies flushed.

    Args:
        application: as `build` made it.
        app: TeVoet, put together.
        webhook: where Telegram brings updates to; None to ask for them.
        model_is_there: whether the model is loaded, for /healthz.

    Raises:
        telegram.error.InvalidToken: Telegram does not know the token.
        SettingsError: Telegram refuses the webhook.
    """
    stop = stop_signal()
    conversation = app.conversation
    sender = Sender(application.bot, app.engine, app.cipher, conversation, app.clock)
    conversation.emergency.attach(sender.send)
    intake = Intake(conversation)
    register(application, conversation)

    await reached(application.initialize, stop)
    if stop.is_set():
        return
    await introduce(application.bot, app.content)
    await application.start()
    sending = asyncio.create_task(sender.run())
    nudging = asyncio.create_task(app.nudges.run())
    background = [
        asyncio.create_task(heartbeat.beat(app.settings.data_dir)),
        asyncio.create_task(_tidy_now_and_then(conversation)),
        asyncio.create_task(app.retention.run()),
    ]
    loops = [sending, nudging, *background]
    status = Status(app.engine, app.cipher, app.metrics, model_is_there, loops)
    left = await conversation.resume()
    coming = (
        _visited(application, intake, webhook, stop) if webhook else _polls(application, intake)
    )
    try:
        async with answering(status, app.settings.metrics_port), coming:
            logger.info("the bot listens; %d chats had something left", left)
            await stop.wait()
            logger.info("stopping: no new messages, turns under way are finished")
    finally:
        app.nudges.stop()
        await nudging
        await conversation.stop()
        await sender.stop()
        await sending
        for task in background:
            task.cancel()
        await application.stop()
        await application.shutdown()


@asynccontextmanager
async def _polls(application: AnyApplication, intake: Intake) -> AsyncIterator[None]:
    """Ask Telegram for updates; a webhook of before is taken away by python-telegram-bot."""
    application.bot.attach(intake)
    updater = application.updater
    if updater is None:
        raise TypeError("the application was built without an updater")
    await updater.start_polling(
        allowed_updates=ALLOWED_UPDATES, bootstrap_retries=-1, drop_pending_updates=False
    )
    try:
        yield
    finally:
        await updater.stop()


@asynccontextmanager
async def _visited(
    application: AnyApplication, intake: Intake, settings: WebhookSettings, stop: asyncio.Event
) -> AsyncIterator[None]:
    """Let Telegram bring updates; they go the way of those that were polled."""
    webhook = Webhook(settings, intake, application.bot, application.update_queue.put)
    async with serving(webhook.app(), settings.host, settings.port):
        await announce(application.bot, settings, stop)
        yield


async def _tidy_now_and_then(conversation: Conversation) -> None:
    while True:
        await asyncio.sleep(TIDY_EVERY)
        try:
            await conversation.tidy()
        except TROUBLE as error:
            logger.error("tidying failed: %s", reason(error))
