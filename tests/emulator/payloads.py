"""Telegram's form of what people send, and a handy form of what the bot sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .calls import Call, Upload
from .chats import JSON, inline_rows, kind_of, labels

# A person's attachment: everything but the file itself.
ATTACHMENTS: dict[str, JSON] = {
    "voice": {"duration": 3, "mime_type": "audio/ogg"},
    "audio": {"duration": 60, "mime_type": "audio/mpeg"},
    "video": {"width": 320, "height": 240, "duration": 5},
    "video_note": {"length": 240, "duration": 5},
    "photo": {"width": 320, "height": 240},
    "document": {"file_name": "notes.txt", "mime_type": "text/plain"},
    "sticker": {
        "type": "regular",
        "width": 512,
        "height": 512,
        "is_animated": False,
        "is_video": False,
        "emoji": "🙂",
    },
}


def attachment(kind: str, file_id: str, size: int) -> JSON:
    """The part of a message that carries a file."""
    body = {
        "file_id": file_id,
        "file_unique_id": f"unique-{file_id}",
        "file_size": size,
        **ATTACHMENTS[kind],
    }
    return {kind: [body] if kind == "photo" else body}


def chat_member(user: JSON, status: str) -> JSON:
    """A ChatMember of the given status."""
    member: JSON = {"user": user, "status": status}
    return {**member, "until_date": 0} if status == "kicked" else member


def pieces(text: str, limit: int = 4096) -> list[str]:
    """A long text in parts of at most `limit` UTF-16 units, as Telegram's apps send it."""
    parts, part, size = [], "", 0
    for character in text:
        width = 2 if ord(character) > 0xFFFF else 1
        if size + width > limit:
            parts.append(part)
            part, size = "", 0
        part, size = part + character, size + width
    return [*parts, part]


@dataclass(frozen=True)
class BotMessage:
    """A message of the bot as the person got it; later edits do not change it."""

    chat_id: int
    message_id: int
    kind: str
    # The text or the caption, without markup.
    text: str
    entities: tuple[JSON, ...]
    # What stands on the buttons, row by row.
    buttons: list[list[str]]
    message: JSON
    files: dict[str, Upload]
    call: Call

    @property
    def labels(self) -> list[str]:
        """All buttons, left to right and top to bottom."""
        return [label for row in self.buttons for label in row]


def bot_messages(call: Call) -> list[BotMessage]:
    """The messages that a delivered call put into the chat (an album gives several)."""
    results = call.result if isinstance(call.result, list) else [call.result]
    return [
        BotMessage(
            chat_id=message["chat"]["id"],
            message_id=message["message_id"],
            kind=kind_of(message),
            text=message.get("text") or message.get("caption") or "",
            entities=tuple(message.get("entities") or message.get("caption_entities") or ()),
            buttons=labels(call.fields.get("reply_markup")),
            message=message,
            files=call.files,
            call=call,
        )
        for message in results
        if isinstance(message, dict) and "message_id" in message
    ]


def find_button(message: JSON, wanted: str) -> JSON | None:
    """The first inline button whose label contains `wanted`, whatever the case."""
    for row in inline_rows(message.get("reply_markup")):
        for button in row:
            if wanted.casefold() in str(button["text"]).casefold():
                return dict[str, Any](button)
    return None
