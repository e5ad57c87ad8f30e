"""Telegram's rules for what a bot sends: sizes, markup, buttons.

`check` raises what Telegram would answer; `silent_losses` names what Telegram accepts
and then drops without a word, which is a fault of the bot all the same.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from .entities import FormattedText, TelegramRefusal, bad_request, shown, utf16_length

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
TOAST_LIMIT = 200
CALLBACK_DATA_BYTES = 64
URL_SCHEMES = {"http", "https", "tg", "ton", "tonsite"}

_TEXT_METHODS = {"sendMessage", "editMessageText"}
# In a tag only: what somebody typed is shown as it was typed, with its < escaped.
_PHONE_LINK = re.compile(r"""<a\s[^>]*href\s*=\s*["']?\s*tel:|\]\(\s*tel:""", re.IGNORECASE)


def check(method: str, fields: dict[str, Any]) -> None:
    """Raise TelegramRefusal when Telegram would refuse the content of this call."""
    if method in _TEXT_METHODS:
        _check_text(shown(fields, "text"))
    if fields.get("caption"):
        _check_caption(shown(fields, "caption"))
    if method == "sendMediaGroup":
        for item in fields.get("media") or ():
            _check_caption(shown(item, "caption"))
    if method == "answerCallbackQuery" and len(str(fields.get("text") or "")) > TOAST_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    if method == "setMyCommands":
        _check_commands(fields.get("commands") or [])
    if isinstance(markup := fields.get("reply_markup"), dict):
        _check_markup(markup)


def silent_losses(method: str, fields: dict[str, Any]) -> list[str]:
    """What the person would never see although Telegram says OK."""
    losses = []
    for name in ("text", "caption"):
        value = fields.get(name)
        if isinstance(value, str) and fields.get("parse_mode") and _PHONE_LINK.search(value):
            losses.append(f"{method}: Telegram drops tel: links from {name}")
    return losses


def _check_text(formatted: FormattedText) -> None:
    if not formatted.text:
        raise bad_request("Message text is empty")
    if utf16_length(formatted.text) > TEXT_LIMIT:
        raise bad_request("Message is too long")


def _check_caption(formatted: FormattedText) -> None:
    if utf16_length(formatted.text) > CAPTION_LIMIT:
        raise bad_request("Message caption is too long")


def _check_commands(commands: list[dict[str, Any]]) -> None:
    if len(commands) > 100:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")


def _check_markup(markup: dict[str, Any]) -> None:
    for row in markup.get("inline_keyboard") or ():
        for button in row:
            _check_inline_button(button)
    for row in markup.get("keyboard") or ():
        for button in row:
            label = button if isinstance(button, str) else button.get("text")
            if not str(label or "").strip():
                raise bad_request("Keyboard button text must be non-empty")


def _check_inline_button(button: dict[str, Any]) -> None:
    if not str(button.get("text") or "").strip():
        raise bad_request("Inline keyboard button text must be non-empty")
    if "url" in button:
        _check_url(str(button["url"]))
    elif "callback_data" in button:
        if not 1 <= len(str(button["callback_data"]).encode()) <= CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif len(button) == 1:
        raise bad_request(
            "Can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"
        )


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    reason = None
    # "example.org:8080" has no scheme, whatever urlsplit makes of it.
    if parts.scheme and parts.scheme not in URL_SCHEMES and "." not in parts.scheme:
        reason = "Unsupported URL protocol"
    elif not (parts.netloc or parts.path):
        reason = "URL host is empty"
    elif any(character.isspace() for character in url):
        reason = "Unallowed characters in URL host"
    if reason:
        raise TelegramRefusal(
            f"Bad Request: inline keyboard button URL '{url}' is invalid: {reason}"
        )
