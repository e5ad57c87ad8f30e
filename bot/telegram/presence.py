"""What Telegram shows at once: a pressed button stops spinning, and the bot is typing."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine
from typing import Any

from telegram import Bot, CallbackQuery, Update
from telegram.constants import ChatAction, ChatType
from telegram.error import TelegramError

logger = logging.getLogger(__name__)

# Telegram shows the sign of typing for five seconds.
TYPING_SHOWN = 4.0
# In a flood of presses the spinners of the others stop by themselves.
PRESSES_AT_ONCE = 5


class Presence:
    """Shows that something arrived; whether that works changes nothing else.

    Args:
        bot: Telegram.
    """

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._typing: set[int] = set()
        self._pressing: Counter[int] = Counter()
        self._under_way: set[asyncio.Task[None]] = set()

    def show(self, update: Update) -> None:
        """Answer a press and show that the bot types, without waiting for Telegram."""
        if query := update.callback_query:
            self._start(self._answer(query))
        chat = update.effective_chat
        # In a group most of what is said gets no answer.
        spoken = update.message or update.callback_query
        if chat and spoken and chat.type == ChatType.PRIVATE and chat.id not in self._typing:
            self._typing.add(chat.id)
            asyncio.get_running_loop().call_later(TYPING_SHOWN, self._typing.discard, chat.id)
            self._start(self._type(chat.id))

    def _start(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _answer(self, query: CallbackQuery) -> None:
        person = query.from_user.id
        if self._pressing[person] >= PRESSES_AT_ONCE:
            return
        self._pressing[person] += 1
        try:
            await self._bot.answer_callback_query(query.id)
        except TelegramError as error:
            logger.warning("a press was not answered (%s)", type(error).__name__)
        finally:
            self._pressing[person] -= 1
            if not self._pressing[person]:
                del self._pressing[person]

    async def _type(self, chat_id: int) -> None:
        try:
            await self._bot.send_chat_action(chat_id, ChatAction.TYPING)
        except TelegramError as error:
            logger.debug("no typing sign (%s)", type(error).__name__)
