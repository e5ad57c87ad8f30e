"""What a person can do in Telegram: type, send, edit, press, block, join a group.

Every action reaches the server as an update through its control endpoint, and gives the
id of the message or of the callback query. What the person sees is in user.py.
"""

from __future__ import annotations

import itertools
import time
from typing import Any

from .chats import JSON, describe
from .entities import typed
from .payloads import attachment, chat_member, pieces
from .server import Emulator

_serial = itertools.count(1)


class Actions:
    """One person's doings; whatever takes `group_id` happens in that group instead."""

    def __init__(
        self,
        chat_id: int,
        emulator: Emulator,
        *,
        first_name: str = "Sam",
        language_code: str = "nl",
    ) -> None:
        self.chat_id = chat_id
        self.emulator = emulator
        self.user: JSON = {
            "id": chat_id,
            "is_bot": False,
            "first_name": first_name,
            "language_code": language_code,
        }
        self._mark = 0
        self._last: JSON = {}

    async def says(
        self, text: str, *, group_id: int | None = None, reply_to: int | None = None
    ) -> int:
        """Type and send; longer than 4096 units goes out in parts, as Telegram's apps do."""
        message_id = 0
        for part in pieces(text):
            formatted = typed(part)
            content: JSON = {"text": part}
            if formatted.entities:
                content["entities"] = list(formatted.entities)
            replied = self.emulator.chats.messages.get((group_id or self.chat_id, reply_to or 0))
            if replied is not None:
                content["reply_to_message"] = replied
            message_id = await self._sends(content, group_id)
        return message_id

    async def edits(self, text: str, *, message_id: int | None = None) -> int:
        """Change an own message, by default the last one."""
        book = self.emulator.chats
        old = self._last if message_id is None else book.messages[self.chat_id, message_id]
        kept = {name: old[name] for name in old if name not in ("text", "caption", "entities")}
        name = "text" if "text" in old else "caption"
        message = {**kept, name: text, "edit_date": int(time.time())}
        if entities := typed(text).entities:
            message["entities" if name == "text" else "caption_entities"] = list(entities)
        book.incoming(message)
        book.note(message["chat"]["id"], self._name, f"(edits #{old['message_id']}) {text}")
        await self._happens({"edited_message": message})
        return int(message["message_id"])

    async def sends(
        self,
        kind: str,
        *,
        caption: str | None = None,
        data: bytes = b"synthetic",
        group_id: int | None = None,
    ) -> int:
        """Send a file of some kind (see payloads.ATTACHMENTS); the bot may download `data`."""
        file_id = f"user-{kind}-{next(_serial)}"
        self.emulator.server.assets[file_id] = {
            "filename": file_id,
            "data": data,
            "size": len(data),
        }
        content = attachment(kind, file_id, len(data))
        if caption is not None:
            content["caption"] = caption
        return await self._sends(content, group_id)

    async def sends_voice(self, **options: Any) -> int:
        """A voice message."""
        return await self.sends("voice", **options)

    async def sends_photo(self, **options: Any) -> int:
        """A photo, perhaps with a caption."""
        return await self.sends("photo", **options)

    async def sends_sticker(self, **options: Any) -> int:
        """A sticker."""
        return await self.sends("sticker", **options)

    async def sends_document(self, **options: Any) -> int:
        """A document, perhaps with a caption."""
        return await self.sends("document", **options)

    async def sends_location(self) -> int:
        """Where the person is."""
        return await self._sends({"location": {"latitude": 52.09, "longitude": 5.12}})

    async def sends_contact(self) -> int:
        """Somebody's phone number."""
        return await self._sends({"contact": {"phone_number": "+31600000000", "first_name": "A"}})

    async def presses_data(self, data: str, message: JSON, label: str | None = None) -> str:
        """A callback query with any data, also data that no button of ours has."""
        query_id = f"query-{next(_serial)}"
        book = self.emulator.chats
        chat_id = message["chat"]["id"]
        book.queries[query_id] = chat_id
        book.note(chat_id, self._name, f"(presses [{label or data}])")
        current = book.messages.get((chat_id, message["message_id"]))
        if current is None:  # deleted: Telegram calls it inaccessible and dates it 0
            current = {"chat": message["chat"], "message_id": message["message_id"], "date": 0}
        query = {
            "id": query_id,
            "from": self.user,
            "chat_instance": f"instance-{chat_id}",
            "message": current,
            "data": data,
        }
        await self._happens({"callback_query": query})
        return query_id

    async def blocks(self) -> None:
        """Block the bot: it hears of it and can no longer write here."""
        self.emulator.chats.closed[self.chat_id] = "Forbidden: bot was blocked by the user"
        await self._membership(self._chat(None), "member", "kicked")

    async def unblocks(self) -> None:
        """Let the bot in again."""
        self.emulator.chats.closed.pop(self.chat_id, None)
        await self._membership(self._chat(None), "kicked", "member")

    async def adds_bot(self, group_id: int) -> None:
        """Add the bot to a group."""
        self.emulator.chats.closed.pop(group_id, None)
        await self._membership(self._chat(group_id), "left", "member")

    async def removes_bot(self, group_id: int) -> None:
        """Throw the bot out of a group."""
        self.emulator.chats.closed[group_id] = "Forbidden: bot was kicked from the group chat"
        await self._membership(self._chat(group_id), "member", "kicked")

    async def posts(self, text: str, *, channel_id: int) -> int:
        """Post in a channel in which the bot is an administrator."""
        chat = {"id": channel_id, "type": "channel", "title": "Channel"}
        message = self._message({"text": text, "sender_chat": chat}, chat)
        del message["from"]
        self.emulator.chats.incoming(message)
        self.emulator.chats.note(channel_id, self._name, text)
        await self._happens({"channel_post": message})
        return int(message["message_id"])

    @property
    def position(self) -> int:
        """A point in time, for `replies(after=...)`."""
        return len(self.emulator.log.deliveries)

    # How it gets into Telegram.

    @property
    def _name(self) -> str:
        return str(self.user["first_name"])

    def _chat(self, group_id: int | None) -> JSON:
        if group_id is not None:
            return self.emulator.chats.chat(group_id)
        return {"id": self.chat_id, "type": "private", "first_name": self._name}

    def _message(self, content: JSON, chat: JSON) -> JSON:
        message_id = self.emulator.server.take_message_id()
        head = {"message_id": message_id, "date": int(time.time()), "chat": chat}
        return {**head, "from": self.user, **content}

    async def _sends(self, content: JSON, group_id: int | None = None) -> int:
        message = self._message(content, self._chat(group_id))
        self._last = message
        self.emulator.chats.incoming(message)
        self.emulator.chats.note(message["chat"]["id"], self._name, describe(message))
        await self._happens({"message": message})
        return int(message["message_id"])

    async def _membership(self, chat: JSON, old: str, new: str) -> None:
        self.emulator.chats.note(chat["id"], self._name, f"(bot: {old} -> {new})")
        update = {
            "chat": chat,
            "from": self.user,
            "date": int(time.time()),
            "old_chat_member": chat_member(self.emulator.chats.bot, old),
            "new_chat_member": chat_member(self.emulator.chats.bot, new),
        }
        await self._happens({"my_chat_member": update})

    async def _happens(self, update: JSON) -> None:
        self._mark = self.position
        await self.emulator.send_update(update)
