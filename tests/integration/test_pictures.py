"""A reply with a picture, as the sender hands it to Telegram."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.content import Button
from bot.roleplay.curve import TrustCurve
from bot.roleplay.play import LEVELS
from bot.sheet import Sheet
from bot.skills.reply import Reply
from bot.telegram import sender as sending
from bot.telegram.sender import Sender

CURVE = TrustCurve(title="Het vertrouwen van Bob", levels=LEVELS, values=(8, 10, 6))
REPLY = Reply(
    ("look_curve",), "<b>Het vertrouwen</b>", ((Button(label="Klaar", press="play:done"),),),
    picture=CURVE,
)  # fmt: skip


@dataclass
class FakeBot:
    """Remembers what it was asked to send."""

    sent: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    async def send_message(self, *args: Any, **options: Any) -> SimpleNamespace:
        self.sent.append(("message", args, options))
        return SimpleNamespace(message_id=1)

    async def send_photo(self, *args: Any, **options: Any) -> SimpleNamespace:
        self.sent.append(("photo", args, options))
        return SimpleNamespace(message_id=2)

    async def send_document(self, *args: Any, **options: Any) -> SimpleNamespace:
        self.sent.append(("document", args, options))
        return SimpleNamespace(message_id=3)


@pytest.fixture
def bot() -> FakeBot:
    return FakeBot()


@pytest.fixture
def sender(bot: FakeBot, engine: AsyncEngine, clock: Any) -> Sender:
    conversation = SimpleNamespace(on_replies=asyncio.Event())
    return Sender(bot, engine, None, conversation, clock)  # type: ignore[arg-type]


async def test_a_sheet_goes_as_a_file_with_words(sender: Sender, bot: FakeBot) -> None:
    sheet = Sheet(name="afspraak.pdf", title="Onze afspraak", parts=(("Wie", "Sanne & ik"),))
    reply = Reply(("agreement_share",), "Hier is je afspraak.", sheet=sheet)
    assert Reply.from_json(json.loads(json.dumps(reply.as_json()))) == reply
    assert await sender.send(7, reply) == 3
    [(kind, (chat_id, file), options)] = bot.sent
    assert (kind, chat_id) == ("document", 7)
    assert file.startswith(b"%PDF")
    assert (options["filename"], options["caption"]) == ("afspraak.pdf", reply.text)


async def test_a_picture_goes_with_words_and_buttons(sender: Sender, bot: FakeBot) -> None:
    assert await sender.send(7, REPLY) == 2
    [(kind, (chat_id, picture), options)] = bot.sent
    assert (kind, chat_id) == ("photo", 7)
    assert picture.startswith(b"\x89PNG")
    assert options["caption"] == REPLY.text
    assert options["reply_markup"].inline_keyboard[0][0].text == "Klaar"


async def test_when_it_cannot_be_drawn_the_words_go_alone(
    sender: Sender, bot: FakeBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(curve: TrustCurve) -> bytes:
        raise RuntimeError("no font")

    monkeypatch.setattr(sending, "draw_curve", broken)
    assert await sender.send(7, REPLY) == 1
    [(kind, args, _)] = bot.sent
    assert (kind, args) == ("message", (7, REPLY.text))
