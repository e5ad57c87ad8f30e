"""The emulator, the proxy and the person, tried with a real python-telegram-bot bot."""

from __future__ import annotations

import time

import pytest
import time_machine
from aiohttp import web
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest, Forbidden

from . import (
    Emulator,
    TelegramUser,
)
from .tiny_bot import TinyBot, until

pytestmark = pytest.mark.asyncio
CHAT = 1001
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are "
    "exactly the same as a current content and reply markup of the message"
)


async def test_dialogue_with_a_button(emulator: Emulator, bot: TinyBot, sam: TelegramUser) -> None:
    await sam.says("/start")
    [welcome] = await sam.replies(count=1)
    assert welcome.text == "Hoi daar"
    assert welcome.entities[0]["type"] == "bold"
    assert welcome.labels == ["Dit hielp", "Lees meer"]

    query = await sam.presses("hielp")
    await emulator.log.wait_for("editMessageText")
    assert query not in emulator.chats.queries
    assert sam.screen() == ["/start", "Bedankt"]
    with pytest.raises(AssertionError, match="no button"):
        await sam.presses("hielp", timeout=0.05)
    await sam.presses("hielp", on=welcome)  # its button is still on an old screen
    await emulator.log.wait_for("editMessageText", count=2)
    await until(lambda: "Message is not modified" in str(bot.errors))

    assert sam.dialogue().splitlines() == [
        "Sam: /start",
        "bot: Hoi daar [Dit hielp] [Lees meer]",
        "Sam: (presses [Dit hielp])",
        "bot: (toast) Fijn",
        f"bot: (edits #{welcome.message_id}) Bedankt",
        "Sam: (presses [Dit hielp])",
        "bot: (toast) Fijn",
        f"bot: (refused editMessageText: {NOT_MODIFIED})",
    ]
    assert emulator.violations == []
    assert [call.method for call in emulator.log.failures()] == ["editMessageText"]
    [call] = emulator.log.of("sendMessage", CHAT)
    assert call.ok and call.fields["parse_mode"] == "HTML"


async def test_link_buttons_are_not_pressed(bot: TinyBot, sam: TelegramUser) -> None:
    await sam.says("/start")
    with pytest.raises(AssertionError, match="opens a link"):
        await sam.presses("Lees meer")


async def test_everything_a_person_sends(
    emulator: Emulator, bot: TinyBot, sam: TelegramUser
) -> None:
    await sam.sends_voice(data=b"12345")
    assert (await sam.replies(count=1))[0].text == "bestand van 5"
    await sam.sends_document(caption="lees dit", data=b"123")
    assert (await sam.replies(count=1))[0].text == "bestand van 3"
    for send in (sam.sends_photo, sam.sends_sticker, sam.sends_location, sam.sends_contact):
        await send()
        assert (await sam.replies(count=1))[0].text == "bestand van 0"
    await sam.says("eerst")
    await sam.replies(count=1)
    await sam.edits("toch anders")
    await until(lambda: bot.edits == ["toch anders"])
    await sam.stays_without_reply(0.1)
    await sam.says("x" * 5000)
    assert [len(reply.text) for reply in await sam.replies(count=2)] == [4096, 912]


async def test_blocking(emulator: Emulator, bot: TinyBot, sam: TelegramUser) -> None:
    await sam.blocks()
    with pytest.raises(Forbidden, match="blocked by the user"):
        await bot.app.bot.send_message(CHAT, "hoi")
    await sam.unblocks()
    await bot.app.bot.send_message(CHAT, "hoi")
    await until(lambda: bot.statuses == ["kicked", "member"])


async def test_groups_and_channels(emulator: Emulator, bot: TinyBot, sam: TelegramUser) -> None:
    group, channel = -1000000000001, -1000000000002
    await sam.adds_bot(group)
    await sam.says("hoi allemaal", group_id=group)
    [reply] = await sam.replies(count=1, group_id=group)
    assert reply.chat_id == group and sam.received() == []
    await sam.posts("bericht", channel_id=channel)
    await sam.removes_bot(group)
    with pytest.raises(Forbidden, match="kicked"):
        await bot.app.bot.send_message(group, "hoi")


async def test_profile_and_contact(emulator: Emulator, bot: TinyBot, sam: TelegramUser) -> None:
    telegram: Bot = bot.app.bot
    assert [command.command for command in await telegram.get_my_commands()] == ["start"]
    assert (await telegram.get_my_description()).description == "Een bot"
    await telegram.send_contact(CHAT, "113", "Hulplijn")
    await telegram.send_message(CHAT, "stil", protect_content=True, disable_web_page_preview=True)
    await telegram.send_document(CHAT, b"inhoud", filename="export.json", caption="Je gegevens")
    contact, _, document = sam.received()
    assert contact.kind == "contact" and contact.message["contact"]["phone_number"] == "113"
    assert document.files["document"].data == b"inhoud"
    assert document.files["document"].filename == "export.json"
    assert document.text == "Je gegevens"


KEYS = [
    ({"text": "ja", "callback_data": "x" * 65}, "BUTTON_DATA_INVALID"),
    ({"text": " ", "callback_data": "x"}, "button text must be non-empty"),
    ({"text": "bel", "url": "tel:113"}, "'tel:113' is invalid: Unsupported URL protocol"),
]


@pytest.mark.parametrize(("button", "words"), KEYS, ids=["data", "empty", "phone"])
async def test_buttons_that_telegram_refuses(
    emulator: Emulator, bot: TinyBot, button: dict[str, str], words: str
) -> None:
    markup = InlineKeyboardMarkup([[InlineKeyboardButton(**button)]])  # type: ignore[arg-type]
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.app.bot.send_message(CHAT, "a", reply_markup=markup)
    assert len(emulator.violations) == 1


TEXTS = [
    ("<b>open", "HTML", "Can't parse entities: Can't find end tag"),
    ("a < b", "HTML", "Can't parse entities: Unsupported start tag"),
    ("punt.", "MarkdownV2", "Character '.' is reserved"),
    ("<b> </b>", "HTML", "Message text is empty"),
    ("😀" * 2049, None, "Message is too long"),
    ("hoi", "Word", "Unsupported parse_mode"),
]


@pytest.mark.parametrize(
    ("text", "mode", "words"), TEXTS, ids=["html", "bare", "v2", "empty", "long", "mode"]
)
async def test_texts_that_telegram_refuses(
    emulator: Emulator, bot: TinyBot, text: str, mode: str | None, words: str
) -> None:
    with pytest.raises(BadRequest, match=f"(?i){words}"):
        await bot.app.bot.send_message(CHAT, text, parse_mode=mode)
    assert len(emulator.violations) == 1


async def test_limits_count_after_parsing(emulator: Emulator, bot: TinyBot) -> None:
    await bot.app.bot.send_message(CHAT, "<b>&amp;</b>" * 600, parse_mode="HTML")
    await bot.app.bot.send_message(CHAT, "😀" * 2048)
    assert emulator.violations == []
    with pytest.raises(BadRequest, match="Message caption is too long"):
        await bot.app.bot.send_photo(CHAT, b"synthetic", caption="x" * 1025)
    await bot.app.bot.send_message(CHAT, "&lt;a href='tel:113'&gt;bel", parse_mode="HTML")
    assert len(emulator.violations) == 1  # words that somebody typed are no link
    await bot.app.bot.send_message(CHAT, '<a href="tel:113">bel</a>', parse_mode="HTML")
    assert "tel:" in emulator.violations[-1]  # accepted, and the link is lost


async def test_state_of_the_chat(emulator: Emulator, bot: TinyBot, sam: TelegramUser) -> None:
    telegram = bot.app.bot
    message = await telegram.send_message(CHAT, "<i>een</i>", parse_mode="HTML")
    with pytest.raises(BadRequest, match="is not modified"):
        await message.edit_text("<i>een</i>", parse_mode="HTML")
    edited = await message.edit_text("een")
    assert isinstance(edited, type(message)) and edited.edit_date and not edited.entities
    with pytest.raises(BadRequest, match="Message to edit not found"):
        await telegram.edit_message_text("x", CHAT, 9999)
    with pytest.raises(BadRequest, match="Message to delete not found"):
        await telegram.delete_message(CHAT, 9999)
    with pytest.raises(BadRequest, match="Query is too old"):
        await telegram.answer_callback_query("nope")
    own = await sam.says("van mij")
    with pytest.raises(BadRequest, match="can't be edited"):
        await telegram.edit_message_text("x", CHAT, own)
    await sam.replies(count=1)
    with time_machine.travel(time.time() + 3 * 86400), pytest.raises(BadRequest, match="everyone"):
        await message.delete()
    await message.delete()
    assert sam.screen() == ["van mij", "Je zei: van mij"]
    assert emulator.violations == []


async def test_webhook(emulator: Emulator, sam: TelegramUser) -> None:
    got: list[tuple[str | None, dict[str, object]]] = []

    async def receive(request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        got.append((secret, await request.json()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with Bot(emulator.token, base_url=f"{emulator.api_url}/bot") as telegram:
        await telegram.set_webhook(url, secret_token="geheim")
        await sam.says("hoi")
    await runner.cleanup()
    assert got[0][0] == "geheim" and "message" in got[0][1]
