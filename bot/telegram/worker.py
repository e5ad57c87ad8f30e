"""A worker: handles what a receiver stored. It needs the model, and no way in from outside."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from telegram.ext import ExtBot

from bot.telegram import heartbeat
from bot.telegram.client import client_options
from bot.telegram.introduction import introduce, reached
from bot.telegram.sender import Sender
from bot.telegram.status import Status, answering
from bot.telegram.stopping import stop_signal
from bot.workers.jobs import Jobs
from bot.workers.leader import Leader
from bot.workers.worker import Worker

if TYPE_CHECKING:
    from bot.bootstrap import App

# While a chat waits for more, its worker looks so often whether danger came in meanwhile.
GLANCE = timedelta(seconds=0.5)
# One of the workers sends what all of them answered, and looks so often for it, in seconds.
OUTBOX_EVERY = 0.2

logger = logging.getLogger(__name__)


async def work(app: App, jobs: Jobs, token: str, api_url: str) -> None:
    """Work until SIGTERM or SIGINT: turns under way are finished, the rest is left to others.

    Args:
        app: TeVoet, put together.
        jobs: which chats have something to handle.
        token: from BotFather.
        api_url: the root of the Bot API server.

    Raises:
        telegram.error.InvalidToken: Telegram does not know the token.
    """
    stop = stop_signal()
    bot: ExtBot[None] = ExtBot(**client_options(token, api_url))
    sender = Sender(
        bot, app.engine, app.cipher, app.conversation, app.clock, look_again=OUTBOX_EVERY
    )
    app.conversation.emergency.attach(sender.send)
    await reached(bot.initialize, stop)
    if stop.is_set():
        return
    await introduce(bot, app.content)
    sent = asyncio.Event()
    working = asyncio.create_task(Worker(jobs, app).run(stop))
    sending = asyncio.create_task(Leader(app.engine, sender.run, sender.stop).run(sent))
    beating = asyncio.create_task(heartbeat.beat(app.settings.data_dir))
    status = Status(app.engine, app.cipher, app.metrics, lambda: True, [working, sending, beating])
    try:
        async with answering(status, app.settings.metrics_port):
            logger.info("the worker is ready")
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({stopped, working}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            logger.info("stopping: no new chats, turns under way are finished")
    finally:
        stop.set()
        await working
        sent.set()
        await sending
        beating.cancel()
        await bot.shutdown()
