"""What an update of Telegram means to the bot: a pure translation."""

from __future__ import annotations

from dataclasses import replace

from telegram import ChatMember, Message, Update
from telegram.constants import ChatType
from telegram.ext.filters import StatusUpdate

from bot.conversation.inbound import Inbound, InboundKind, read_press, read_text

# What cannot be read, by the attribute of the message that holds it.
MEDIA = (
    "voice",
    "audio",
    "video_note",
    "video",
    "photo",
    "sticker",
    "animation",
    "document",
    "location",
    "contact",
)
GONE = {ChatMember.BANNED, ChatMember.LEFT}


def read_update(update: Update) -> tuple[int, Inbound] | None:
    """Translate an update.

    Args:
        update: any update of Telegram.

    Returns:
        Chat id and what was done there; None when there is nothing to answer.
    """
    if update.callback_query:
        query = update.callback_query
        if query.message is None or query.data is None:
            return None
        if query.message.chat.type != ChatType.PRIVATE:
            return None
        return query.message.chat.id, read_press(query.data)
    if update.my_chat_member:
        change = update.my_chat_member
        if change.chat.type != ChatType.PRIVATE:
            return None
        gone = change.new_chat_member.status in GONE
        return change.chat.id, Inbound(InboundKind.REACH, "blocked" if gone else "unblocked")
    message = update.message or update.edited_message
    if message is None:
        return None
    if StatusUpdate.ALL.check_update(update):
        # A pinned message or another timer: nobody said anything.
        return None
    if message.chat.type != ChatType.PRIVATE:
        return _in_group(message, edited=update.edited_message is not None)
    return message.chat.id, replace(_private(message), message_id=message.message_id)


def _private(message: Message) -> Inbound:
    read = read_text(message.text or message.caption or "")
    if read.value.strip():
        return read
    kind = next((name for name in MEDIA if getattr(message, name, None)), "other")
    return Inbound(InboundKind.MEDIA, kind)


def _in_group(message: Message, edited: bool) -> tuple[int, Inbound] | None:
    """In a group the bot answers only a command, with a word about privacy."""
    is_command = (message.text or "").startswith("/")
    return (message.chat.id, Inbound(InboundKind.GROUP)) if is_command and not edited else None
