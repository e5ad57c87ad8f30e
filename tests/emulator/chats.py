"""What every chat shows right now, and what that makes Telegram refuse.

The emulator keeps no messages. This book does: edits of unknown or unchanged messages,
old deletions, unknown callback queries and blocked chats are answered as Telegram does.
Dates come from `time.time`, so that a test may travel in time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from .calls import Call
from .entities import TelegramRefusal, bad_request, shown

DELETE_WINDOW = 48 * 3600
NOT_MODIFIED = (
    "Message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
QUERY_EXPIRED = "Query is too old and response timeout expired or query ID is invalid"

JSON = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """One event of a dialogue; `at` in seconds since the epoch."""

    at: float
    chat_id: int
    speaker: str
    text: str


def inline_rows(markup: Any) -> list[list[JSON]]:
    """The rows of an inline keyboard; none for anything else."""
    return markup.get("inline_keyboard") or [] if isinstance(markup, dict) else []


def labels(markup: Any) -> list[list[str]]:
    """What stands on the buttons, row by row, of an inline or a reply keyboard."""
    if not isinstance(markup, dict):
        return []
    rows = markup.get("inline_keyboard") or markup.get("keyboard") or []
    return [[b if isinstance(b, str) else str(b["text"]) for b in row] for row in rows]


@dataclass
class ChatBook:
    """Messages by chat and id, in Telegram's own form, plus who may be written to."""

    bot: JSON
    chats: dict[int, JSON] = field(default_factory=dict)
    messages: dict[tuple[int, int], JSON] = field(default_factory=dict)
    # A reply keyboard stays until it is replaced or removed.
    keyboards: dict[int, JSON] = field(default_factory=dict)
    closed: dict[int, str] = field(default_factory=dict)
    # Callback queries that may still be answered, with their chat.
    queries: dict[str, int] = field(default_factory=dict)
    timeline: list[Line] = field(default_factory=list)

    def note(self, chat_id: int, speaker: str, text: str) -> None:
        """Add a line to the dialogue."""
        self.timeline.append(Line(time.time(), chat_id, speaker, text))

    def chat(self, chat_id: int) -> JSON:
        """The chat as Telegram describes it; guessed from the id when nobody spoke there."""
        if chat_id in self.chats:
            return self.chats[chat_id]
        if chat_id > 0:
            return {"id": chat_id, "type": "private", "first_name": "Unknown"}
        kind = "supergroup" if chat_id < -(10**12) else "group"
        return {"id": chat_id, "type": kind, "title": "Group"}

    def incoming(self, message: JSON) -> None:
        """Keep a message that a person sent."""
        self.chats[message["chat"]["id"]] = message["chat"]
        self.messages[message["chat"]["id"], message["message_id"]] = message

    def in_chat(self, chat_id: int) -> list[JSON]:
        """What the chat shows, oldest first."""
        ids = sorted(number for chat, number in self.messages if chat == chat_id)
        return [self.messages[chat_id, number] for number in ids]

    def check(self, call: Call) -> None:
        """Raise TelegramRefusal when the state of the chat forbids this call."""
        chat_id, method = call.chat_id, call.method
        query_id = str(call.fields.get("callback_query_id"))
        if method == "answerCallbackQuery" and query_id not in self.queries:
            raise bad_request(QUERY_EXPIRED)
        if chat_id is None:
            return
        if chat_id in self.closed and method.startswith(("send", "edit", "copy", "forward")):
            raise TelegramRefusal(self.closed[chat_id], 403)
        if method.startswith("editMessage"):
            self._check_edit(call, chat_id)
        elif method == "deleteMessage":
            self._check_deletion(chat_id, call.fields.get("message_id"))

    def _check_edit(self, call: Call, chat_id: int) -> None:
        message = self._find(chat_id, call.fields.get("message_id"))
        if message is None:
            raise bad_request("Message to edit not found")
        if message.get("from", {}).get("id") != self.bot["id"]:
            raise bad_request("Message can't be edited")
        markup = inline_rows(call.fields.get("reply_markup"))
        same = markup == inline_rows(message.get("reply_markup"))
        name = {"editMessageText": "text", "editMessageCaption": "caption"}.get(call.method)
        if name is not None:
            if (name == "text") != ("text" in message):
                raise bad_request(f"There is no {name} in the message to edit")
            new = shown(call.fields, name)
            old = (message.get(name, ""), message.get(_entities_name(name), []))
            same = same and (new.text, list(new.entities)) == old
        if same:
            raise bad_request(NOT_MODIFIED)

    def _check_deletion(self, chat_id: int, message_id: Any) -> None:
        message = self._find(chat_id, message_id)
        if message is None:
            raise bad_request("Message to delete not found")
        if message["date"] < time.time() - DELETE_WINDOW:
            raise bad_request("Message can't be deleted for everyone")

    def _find(self, chat_id: int, message_id: Any) -> JSON | None:
        return self.messages.get((chat_id, message_id)) if isinstance(message_id, int) else None

    def apply(self, call: Call, result: Any) -> Any:
        """Carry out a call that the emulator accepted; give the result in full."""
        chat_id = call.chat_id
        if call.method == "answerCallbackQuery":
            chat = self.queries.pop(str(call.fields.get("callback_query_id")))
            if call.fields.get("text"):
                self.note(chat, "bot", f"(toast) {call.fields['text']}")
        if chat_id is None:
            return result
        if call.method.startswith("editMessage") and isinstance(result, dict):
            return self._edited(call, chat_id, result)
        if call.method.startswith("delete"):
            wanted = call.fields.get("message_ids") or [call.fields.get("message_id")]
            for message_id in wanted:
                if self.messages.pop((chat_id, message_id), None) is not None:
                    self.note(chat_id, "bot", f"(deletes #{message_id})")
        elif isinstance(result, dict) and "message_id" in result:
            return self._sent(call, chat_id, result)
        elif isinstance(result, list):
            return [self._sent(call, chat_id, item) for item in result]
        return result

    def _sent(self, call: Call, chat_id: int, result: JSON) -> JSON:
        message = {**result, "chat": self.chat(chat_id), "date": int(time.time())}
        if message["chat"]["type"] != "channel":
            message["from"] = self.bot
        markup = call.fields.get("reply_markup")
        if inline_rows(markup):
            message["reply_markup"] = markup
        if isinstance(markup, dict) and "keyboard" in markup:
            self.keyboards[chat_id] = markup
        if isinstance(markup, dict) and "remove_keyboard" in markup:
            self.keyboards.pop(chat_id, None)
        self.messages[chat_id, message["message_id"]] = message
        self.note(chat_id, "bot", describe(message, markup))
        return message

    def _edited(self, call: Call, chat_id: int, result: JSON) -> JSON:
        message = {**self.messages[chat_id, result["message_id"]]}
        message.pop("reply_markup", None)
        for name in ("text", "caption"):
            if name in result:
                message.pop(_entities_name(name), None)
        kept = ("text", "entities", "caption", "caption_entities", "reply_markup")
        message.update({name: result[name] for name in kept if name in result})
        message["edit_date"] = int(time.time())
        self.messages[chat_id, message["message_id"]] = message
        described = describe(message, message.get("reply_markup"))
        self.note(chat_id, "bot", f"(edits #{message['message_id']}) {described}")
        return message


def _entities_name(name: str) -> str:
    return "entities" if name == "text" else f"{name}_entities"


def kind_of(message: JSON) -> str:
    """What sort of message it is: "text", "photo", "document", ..."""
    kinds = ("photo", "video", "voice", "audio", "document", "contact", "sticker", "location")
    return next((kind for kind in kinds if kind in message), "text")


def describe(message: JSON, markup: Any = None) -> str:
    """A message in one line: kind, words, buttons."""
    kind = kind_of(message)
    words = message.get("text") or message.get("caption") or ""
    parts = ["" if kind == "text" else f"<{kind}>", words]
    parts += [f"[{label}]" for row in labels(markup) for label in row]
    return " ".join(part for part in parts if part)
