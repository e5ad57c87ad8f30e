"""The other side of the wire in end-to-end tests: Telegram, the network and a person.

Real HTTP on loopback, nothing mocked: see server.py (the Bot API), proxy.py and faults.py
(what goes wrong), limits.py and entities.py (what Telegram refuses), user.py (a person).
"""

from .faults import (
    Fault,
    blocked,
    chat_not_found,
    deactivated,
    dropped,
    duplicated,
    held,
    mixed,
    redelivered,
    server_error,
    slow,
    too_many_requests,
    unauthorized,
)
from .payloads import BotMessage
from .server import TOKEN, Emulator, running_emulator
from .user import TelegramUser

__all__ = [
    "TOKEN",
    "BotMessage",
    "Emulator",
    "Fault",
    "TelegramUser",
    "blocked",
    "chat_not_found",
    "deactivated",
    "dropped",
    "duplicated",
    "held",
    "mixed",
    "redelivered",
    "running_emulator",
    "server_error",
    "slow",
    "too_many_requests",
    "unauthorized",
]
