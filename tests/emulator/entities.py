"""Text as Telegram reads it, parsed by TDLib itself.

PyPI `tdjson` carries the library behind Telegram's own Bot API server. Two of its
functions work offline and take about 50 microseconds: `parseTextEntities` (HTML and
Markdown, with Telegram's own error texts) and `getTextEntities` (commands, links and
so on, as found in what a person types).
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

import tdjson

MODES: dict[str, dict[str, Any]] = {
    "html": {"@type": "textParseModeHTML"},
    "markdown": {"@type": "textParseModeMarkdown", "version": 1},
    "markdownv2": {"@type": "textParseModeMarkdown", "version": 2},
}

ENTITY_TYPES = {
    "textEntityTypeBlockQuote": "blockquote",
    "textEntityTypeBold": "bold",
    "textEntityTypeBotCommand": "bot_command",
    "textEntityTypeCashtag": "cashtag",
    "textEntityTypeCode": "code",
    "textEntityTypeCustomEmoji": "custom_emoji",
    "textEntityTypeEmailAddress": "email",
    "textEntityTypeExpandableBlockQuote": "expandable_blockquote",
    "textEntityTypeHashtag": "hashtag",
    "textEntityTypeItalic": "italic",
    "textEntityTypeMention": "mention",
    "textEntityTypePhoneNumber": "phone_number",
    "textEntityTypePre": "pre",
    "textEntityTypePreCode": "pre",
    "textEntityTypeSpoiler": "spoiler",
    "textEntityTypeStrikethrough": "strikethrough",
    "textEntityTypeTextUrl": "text_link",
    "textEntityTypeUnderline": "underline",
    "textEntityTypeUrl": "url",
}


class TelegramRefusal(Exception):
    """What Telegram would answer instead of doing as asked."""

    def __init__(self, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.description = description
        self.status = status


@dataclass(frozen=True)
class FormattedText:
    """A text without its markup; offsets and lengths of entities in UTF-16 units."""

    text: str
    entities: tuple[dict[str, Any], ...] = ()


def bad_request(message: str) -> TelegramRefusal:
    """The 400 answer for a TDLib error.

    The Bot API server lowercases the first letter unless the second is a capital or an
    underscore ("MESSAGE_TOO_LONG" stays).
    """
    if not (message[1:2].isupper() or message[1:2] == "_"):
        message = message[:1].lower() + message[1:]
    return TelegramRefusal(f"Bad Request: {message}")


def utf16_length(text: str) -> int:
    """Length as Telegram counts it: an emoji outside the basic plane counts twice."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@functools.cache
def _quiet() -> None:
    _execute({"@type": "setLogVerbosityLevel", "new_verbosity_level": 0})


def _execute(request: dict[str, Any]) -> dict[str, Any]:
    answer = tdjson.td_execute(json.dumps(request).encode())
    if answer is None:
        raise RuntimeError(f"TDLib gave no answer to {request['@type']}")
    result: dict[str, Any] = json.loads(answer)
    return result


def _entity(found: dict[str, Any]) -> dict[str, Any] | None:
    """A TDLib entity in the Bot API's words; None for a kind that the Bot API lacks."""
    kind = found["type"]
    entity: dict[str, Any] = {"offset": found["offset"], "length": found["length"]}
    if kind["@type"] == "textEntityTypeMentionName":
        user = {"id": kind["user_id"], "is_bot": False, "first_name": "Mentioned"}
        return {**entity, "type": "text_mention", "user": user}
    if kind["@type"] not in ENTITY_TYPES:
        return None
    entity["type"] = ENTITY_TYPES[kind["@type"]]
    for name in ("url", "language", "custom_emoji_id"):
        if kind.get(name):
            entity[name] = kind[name]
    return entity


def _entities(found: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple(entity for item in found if (entity := _entity(item)) is not None)


def parse(text: str, parse_mode: str | None) -> FormattedText:
    """Read `text` in `parse_mode` ("HTML", "MarkdownV2", "Markdown" or None).

    Raises TelegramRefusal with Telegram's own words when the markup is wrong.
    """
    _quiet()
    if not parse_mode:
        return FormattedText(text)
    if parse_mode.lower() not in MODES:
        raise TelegramRefusal("Bad Request: unsupported parse_mode")
    mode = MODES[parse_mode.lower()]
    answer = _execute({"@type": "parseTextEntities", "text": text, "parse_mode": mode})
    if answer["@type"] == "error":
        raise bad_request(answer["message"])
    return FormattedText(answer["text"], _entities(answer["entities"]))


def trimmed(formatted: FormattedText) -> FormattedText:
    """As shown in the chat: Telegram removes white space around a message."""
    text = formatted.text.strip()
    lead = utf16_length(formatted.text) - utf16_length(formatted.text.lstrip())
    end = utf16_length(text)
    entities = []
    for entity in formatted.entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] - lead + entity["length"], end)
        if stop > start:
            entities.append({**entity, "offset": start, "length": stop - start})
    return FormattedText(text, tuple(entities))


def shown(fields: dict[str, Any], name: str) -> FormattedText:
    """The text or caption (`name`) of a call, as the person gets to see it."""
    formatted = parse(str(fields.get(name) or ""), fields.get("parse_mode"))
    given = fields.get("entities" if name == "text" else "caption_entities")
    if given and not fields.get("parse_mode"):
        listed = json.loads(given) if isinstance(given, str) else given
        formatted = FormattedText(formatted.text, tuple(listed))
    return trimmed(formatted)


def typed(text: str) -> FormattedText:
    """What a person typed, with the commands, links and addresses that Telegram finds."""
    _quiet()
    answer = _execute({"@type": "getTextEntities", "text": text})
    return FormattedText(text, _entities(answer["entities"]))
