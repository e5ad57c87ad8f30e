"""The bot on Telegram: long polling, with inbox and outbox around it."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import BotCommand, Update
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import ApplicationBuilder

from bot.content import Content
from bot.conversation.drain import Conversation
from bot.conversation.turn import Clock
from bot.db.encryption import Cipher
from bot.db.trouble import TROUBLE, reason
from bot.nudges.loop import Nudges
from bot.retention import Retention
from bot.telegram import heartbeat
from bot.telegram.client import client_options
from bot.telegram.handlers import AnyApplication, register
from bot.telegram.inbox import StoringBot
from bot.telegram.sender import Sender

logger = logging.getLogger(__name__)

COMMANDS = (
    "start", "tip", "tips", "oefeningen", "afspraken", "checkin", "voortgang", "rollenspel", "hulp",
    "plan", "land", "help",
    "privacy", "export", "stop", "wis",
)  # fmt: skip
START_TRIES_WAIT = 5.0
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
    conversation: Conversation,
    nudges: Nudges,
    retention: Retention,
    content: Content,
    engine: AsyncEngine,
    cipher: Cipher,
    clock: Clock,
    data_dir: Path,
) -> None:
    """Run the bot until SIGTERM or SIGINT: turns under way are finished, replies flushed."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    bot = application.bot
    sender = Sender(bot, engine, cipher, conversation, clock)
    bot.attach(conversation)
    conversation.emergency.attach(sender.send)
    register(application, conversation)

    await _initialize(application, stop)
    if stop.is_set():
        return
    await _introduce(application, content)
    await application.start()
    updater = application.updater
    if updater is None:
        raise TypeError("the application was built without an updater")
    sending = asyncio.create_task(sender.run())
    nudging = asyncio.create_task(nudges.run())
    background = [
        asyncio.create_task(heartbeat.beat(data_dir)),
        asyncio.create_task(_tidy_now_and_then(conversation)),
        asyncio.create_task(retention.run()),
    ]
    left = await conversation.resume()
    await updater.start_polling(
        allowed_updates=[
            Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER,
        ],
        bootstrap_retries=-1,
        drop_pending_updates=False,
    )  # fmt: skip
    logger.info("the bot listens; %d chats had something left", left)
    await stop.wait()

    logger.info("stopping: no new messages, turns under way are finished")
    await updater.stop()
    nudges.stop()
    await nudging
    await conversation.stop()
    await sender.stop()
    await sending
    for task in background:
        task.cancel()
    await application.stop()
    await application.shutdown()


async def _initialize(application: AnyApplication, stop: asyncio.Event) -> None:
    """Wait for Telegram; a wrong token ends the start at once."""
    while not stop.is_set():
        try:
            return await application.initialize()
        except InvalidToken:
            raise
        except NetworkError as error:
            logger.warning("Telegram cannot be reached yet (%s)", type(error).__name__)
            await asyncio.sleep(START_TRIES_WAIT)


async def _tidy_now_and_then(conversation: Conversation) -> None:
    while True:
        await asyncio.sleep(TIDY_EVERY)
        try:
            await conversation.tidy()
        except TROUBLE as error:
            logger.error("tidying failed: %s", reason(error))


async def _introduce(application: AnyApplication, content: Content) -> None:
    """Tell Telegram the commands and what the bot is; a failure here stops nothing."""

    def phrase(key: str) -> str:
        return content.messages[key].variants[0]

    try:
        await application.bot.set_my_commands(
            [BotCommand(name, phrase(f"command_{name}")) for name in COMMANDS]
        )
        await application.bot.set_my_description(phrase("bot_description"))
        await application.bot.set_my_short_description(phrase("bot_short_description"))
    except TelegramError as error:
        logger.warning("commands were not set (%s)", type(error).__name__)
