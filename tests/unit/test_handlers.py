"""What an update does besides being stored: it wakes its chat, with few signs to Telegram."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from telegram import CallbackQuery, Update
from telegram.ext import CallbackQueryHandler, TypeHandler

from bot.telegram.handlers import PRESSES_AT_ONCE, register

PERSON = {"id": 7, "is_bot": False, "first_name": "Noor"}
CHAT = {"id": 7, "type": "private", "first_name": "Noor"}


class Desk:
    """Stands where application, bot and conversation would be, and counts."""

    def __init__(self) -> None:
        self.handlers: list[Any] = []
        self.woken: list[int] = []
        self.typing: list[int] = []
        self.bot = SimpleNamespace(send_chat_action=self._types)
        register(self, self)  # type: ignore[arg-type]

    def add_handler(self, handler: Any, group: int) -> None:
        self.handlers.append(handler)

    def add_error_handler(self, handler: Any) -> None:
        pass

    def wake(self, chat_id: int) -> None:
        self.woken.append(chat_id)

    def create_task(self, task: Any) -> None:
        self.tasks = [*getattr(self, "tasks", []), asyncio.ensure_future(task)]

    async def gets(self, update: Update) -> None:
        context = SimpleNamespace(bot=self.bot, application=self)
        for handler in self.handlers:
            press = isinstance(handler, CallbackQueryHandler)
            assert press or isinstance(handler, TypeHandler)
            if update.callback_query or not press:
                await handler.callback(update, context)

    async def _types(self, chat_id: int, action: str) -> None:
        self.typing.append(chat_id)


def message(number: int) -> Update:
    body = {"message_id": number, "date": 0, "chat": CHAT, "from": PERSON, "text": "hoi"}
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
    await asyncio.gather(*desk.tasks)
    assert desk.woken == [7] * 500
    assert desk.typing == [7]


async def test_a_flood_of_presses_leaves_most_spinners_to_themselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answered: list[str] = []
    slow = asyncio.Event()

    async def answer(query: CallbackQuery) -> None:
        answered.append(query.id)
        await slow.wait()

    monkeypatch.setattr(CallbackQuery, "answer", answer)
    desk = Desk()
    flood = [asyncio.ensure_future(desk.gets(press(number))) for number in range(500)]
    await asyncio.sleep(0)
    slow.set()
    await asyncio.gather(*flood)
    assert len(answered) == PRESSES_AT_ONCE
    await desk.gets(press(500))
    assert answered[-1] == "500"
