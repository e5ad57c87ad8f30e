"""A very small python-telegram-bot application, to try the emulator with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from telegram import (
    BotCommand,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Update,
)
from telegram.error import BadRequest
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from . import Emulator

KEYBOARD = InlineKeyboardMarkup(
    [
        [InlineKeyboardButton("Dit hielp", callback_data="helped")],
        [InlineKeyboardButton("Lees meer", url="https://example.org/")],
    ]
)
Context = ContextTypes.DEFAULT_TYPE


class TinyBot:
    """Greets, echoes, takes a press; remembers what it saw and what went wrong."""

    def __init__(self, emulator: Emulator) -> None:
        builder = ApplicationBuilder().token(emulator.token)
        builder = builder.base_url(f"{emulator.api_url}/bot")
        builder = builder.base_file_url(f"{emulator.api_url}/file/bot")
        self.app: Application[Any, Any, Any, Any, Any, Any] = builder.read_timeout(1.0).build()
        self.seen: list[int] = []
        self.statuses: list[str] = []
        self.errors: list[Exception] = []
        self.edits: list[str] = []
        text = filters.UpdateType.MESSAGE & filters.TEXT
        self.app.add_handler(CommandHandler("start", self._start))
        self.app.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, self._edited))
        self.app.add_handler(MessageHandler(text, self._echo))
        self.app.add_handler(MessageHandler(filters.ATTACHMENT, self._file))
        self.app.add_handler(CallbackQueryHandler(self._pressed))
        self.app.add_handler(ChatMemberHandler(self._member))
        self.app.add_error_handler(self._failed)

    async def configure(self) -> None:
        """Tell Telegram about the bot, as a start does."""
        await self.app.bot.set_my_commands([BotCommand("start", "Begin")])
        await self.app.bot.set_my_description("Een bot")
        await self.app.bot.set_my_short_description("Bot")

    async def _start(self, update: Update, context: Context) -> None:
        self.seen.append(update.update_id)
        assert update.message is not None
        await update.message.reply_chat_action("typing")
        await update.message.reply_html("<b>Hoi</b> daar", reply_markup=KEYBOARD)

    async def _echo(self, update: Update, context: Context) -> None:
        self.seen.append(update.update_id)
        assert update.message is not None and update.message.text is not None
        await update.message.reply_text(f"Je zei: {update.message.text}"[:4096])

    async def _edited(self, update: Update, context: Context) -> None:
        assert update.edited_message is not None
        self.edits.append(update.edited_message.text or "")

    async def _file(self, update: Update, context: Context) -> None:
        message = update.message
        assert message is not None
        size = 0
        if message.voice or message.document:
            source = message.voice or message.document
            assert source is not None
            size = len(await (await source.get_file()).download_as_bytearray())
        await message.reply_text(f"bestand van {size}")

    async def _pressed(self, update: Update, context: Context) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("Fijn")
        try:
            await query.edit_message_text("Bedankt")
        except BadRequest as error:
            self.errors.append(error)

    async def _member(self, update: Update, context: Context) -> None:
        assert update.my_chat_member is not None
        self.statuses.append(update.my_chat_member.new_chat_member.status)

    async def _failed(self, update: object, context: Context) -> None:
        if context.error is not None:
            self.errors.append(context.error)


@asynccontextmanager
async def polling(bot: TinyBot) -> AsyncIterator[TinyBot]:
    """The bot with its polling on."""
    async with bot.app:
        await bot.configure()
        assert bot.app.updater is not None
        await bot.app.updater.start_polling(timeout=2)
        await bot.app.start()
        try:
            yield bot
        finally:
            await bot.app.updater.stop()
            await bot.app.stop()


async def until(condition: Callable[[], bool], timeout: float = 5.0) -> None:
    """Wait until the bot's own doing is visible."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)
