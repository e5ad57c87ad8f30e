"""Only the way in: stores what Telegram brings, for workers or a bot. Needs no model.

It is up again in two seconds, so that Telegram always finds an open door, also while workers or
the bot are exchanged for their next version.
"""

from __future__ import annotations

import asyncio
import logging

from telegram import LinkPreviewOptions, Update
from telegram.constants import ParseMode
from telegram.ext import ExtBot

from bot.conversation.arrivals import Arrivals
from bot.settings import WebhookSettings
from bot.skills.reply import Reply
from bot.telegram.client import client_options
from bot.telegram.inbox import Intake
from bot.telegram.presence import Presence
from bot.telegram.webhook import Webhook, announce, serving

logger = logging.getLogger(__name__)


async def receive(
    arrivals: Arrivals, token: str, api_url: str, settings: WebhookSettings, stop: asyncio.Event
) -> None:
    """Store what comes until stopped.

    Args:
        arrivals: stores updates.
        token: from BotFather.
        api_url: the root of the Bot API server.
        settings: of the webhook.
        stop: ends it.

    Raises:
        SettingsError: Telegram refuses the webhook.
    """
    bot: ExtBot[None] = ExtBot(**client_options(token, api_url))

    async def send(chat_id: int, reply: Reply) -> int:
        """Help lines are words alone: they need no sender with pictures and pace."""
        message = await bot.send_message(
            chat_id,
            reply.text,
            parse_mode=ParseMode.HTML,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return message.message_id

    arrivals.emergency.attach(send)
    presence = Presence(bot)

    async def after(update: Update) -> None:
        presence.show(update)

    webhook = Webhook(settings, Intake(arrivals), bot, after)
    try:
        async with serving(webhook.app(), settings.host, settings.port) as port:
            logger.info("the receiver listens on port %d", port)
            await announce(bot, settings, stop)
            await stop.wait()
    finally:
        await bot.request.shutdown()
