"""How the bot makes itself known to Telegram when it starts."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from telegram import Bot, BotCommand
from telegram.error import InvalidToken, NetworkError, TelegramError

from bot.content import Content

COMMANDS = (
    "start", "tip", "tips", "oefeningen", "afspraken", "checkin", "voortgang", "rollenspel", "hulp",
    "plan", "land", "help",
    "privacy", "export", "stop", "wis",
)  # fmt: skip
TRIES_WAIT = 5.0

logger = logging.getLogger(__name__)


async def reached(initialize: Callable[[], Awaitable[None]], stop: asyncio.Event) -> None:
    """Return when Telegram answers, or when stopped.

    Args:
        initialize: asks Telegram who the bot is.
        stop: ends the trying.

    Raises:
        telegram.error.InvalidToken: Telegram does not know the token.
    """
    while not stop.is_set():
        try:
            return await initialize()
        except InvalidToken:
            raise
        except NetworkError as error:
            logger.warning("Telegram cannot be reached yet (%s)", type(error).__name__)
            await asyncio.sleep(TRIES_WAIT)


async def introduce(bot: Bot, content: Content) -> None:
    """Tell Telegram the commands and what the bot is; a failure here stops nothing.

    Args:
        bot: Telegram.
        content: all copy.
    """

    def phrase(key: str) -> str:
        return content.messages[key].variants[0]

    try:
        await bot.set_my_commands(
            [BotCommand(name, phrase(f"command_{name}")) for name in COMMANDS]
        )
        await bot.set_my_description(phrase("bot_description"))
        await bot.set_my_short_description(phrase("bot_short_description"))
    except TelegramError as error:
        logger.warning("commands were not set (%s)", type(error).__name__)
