"""What an update does besides being stored: it wakes its chat, with few signs to Telegram."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from telegram import CallbackQuery, Update
from telegram.error import NetworkError

from bot.telegram.handlers import register
from bot.telegram.presence import PRESSES_AT_ONCE

PERSON = {"id": 7, "is_bot": False, "first_name": "Noor"}
CHAT = {"id": 7, "type": "private", "first_name": "Noor"}
GROUP = {"id": -8, "type": "group", "title": "Thuis"}


class Desk:
    """Stands where application, bot and conversation would be, and counts."""

    def __init__(self) -> None:
        self.handlers: list[Any] = []
        self.woken: list[int] = []
        self.typing: list[int] = []
        self.answered: list[str] = []
        self.slow = asyncio.Event()
        self.fails = False
        self.bot = SimpleNamespace(
            send_chat_action=self._types, answer_callback_query=self._answers
        )
        register(self, self)  # type: ignore[arg-type]

    def add_handler(self, handler: Any) -> None:
        self.handlers.append(handler)

    def add_error_handler(self, handler: Any) -> None:
        pass

    def wake(self, chat_id: int) -> None:
        self.woken.append(chat_id)

    async def gets(self, update: Update) -> None:
        """One handler hears of everything, and waits for nothing that Telegram does."""
        (handler,) = self.handlers
        async with asyncio.timeout(0.1):
            await handler.callback(update, SimpleNamespace())
        await asyncio.sleep(0)

    async def _types(self, chat_id: int, action: str) -> None:
        self.typing.append(chat_id)
        if self.fails:
            raise NetworkError("away")

    async def _answers(self, query_id: str) -> None:
        self.answered.append(query_id)
        if self.fails:
            raise NetworkError("away")
        await self.slow.wait()


def message(number: int, chat: dict[str, Any] = CHAT) -> Update:
    body = {"message_id": number, "date": 0, "chat": chat, "from": PERSON, "text": "hoi"}
    update = Update.de_json({"update_id": number, "message": body}, None)
    assert update is not None
    return update


def press(number: int) -> Update:
    query = {"id": str(number), "from": PERSON, "chat_instance": "x", "data": "coach:tip"}
    return Update(number, callback_query=CallbackQuery.de_json(query, None))


async def test_every_update_wakes_its_chat_and_many_show_typing_once() -> None:
    desk = Desk()
    for number in range(500):
        await desk.gets(message(number))
    assert desk.woken == [7] * 500
    assert desk.typing == [7]


async def test_what_is_said_in_a_group_shows_no_typing() -> None:
    desk = Desk()
    await desk.gets(message(1, GROUP))
    assert (desk.woken, desk.typing) == ([-8], [])


async def test_a_flood_of_presses_leaves_most_spinners_to_themselves() -> None:
    desk = Desk()
    for number in range(500):
        await desk.gets(press(number))
    assert len(desk.answered) == PRESSES_AT_ONCE
    desk.slow.set()
    await asyncio.sleep(0.01)
    await desk.gets(press(500))
    assert desk.answered[-1] == "500"


async def test_a_telegram_that_is_away_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.fails = True
    await desk.gets(message(1))
    await desk.gets(press(2))
    await desk.gets(message(3))
    assert desk.woken == [7, 7]
    assert [record.message for record in caplog.records] == [
        "a press was not answered (NetworkError)"
    ]
