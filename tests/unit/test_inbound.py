"""What comes in, from a typed line and from every kind of update of Telegram."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from telegram import Update

from bot.conversation.inbound import Inbound, InboundKind, read_press, read_text
from bot.conversation.legible import legible
from bot.telegram.inbound import read_update

PERSON = {"id": 7, "is_bot": False, "first_name": "Noor"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Noor"}
GROUP = {"id": -100, "type": "supergroup", "title": "Familie"}
FILE = {"file_id": "f", "file_unique_id": "u"}
PHOTO = [{**FILE, "width": 9, "height": 9}]


def command(name: str) -> Inbound:
    return Inbound(InboundKind.COMMAND, name)


def text(value: str) -> Inbound:
    return Inbound(InboundKind.TEXT, value)


# --- a typed line ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("/hulp", "hulp"),
        ("/HULP", "hulp"),
        ("  /tip  ", "tip"),
        ("/tip\n", "tip"),
        ("/wis@TeVoetBot", "wis"),
        ("/dans", "dans"),
    ],
)
def test_a_slash_and_one_word_is_a_command(typed: str, name: str) -> None:
    assert read_text(typed) == command(name)


@pytest.mark.parametrize(
    "typed",
    [
        "hoi",
        "mijn man liegt",
        "/",
        "//",
        "/ ik wil dood",
        "/hulp ik wil dood",
        "/hulp\nik wil dood",
        '/greet{"a":1} ik wil dood',
        "/112",
        "/één",
        "hulp",
        "/tip/tips",
        "",
        "🙂",
    ],
)
def test_everything_else_is_text_exactly_as_typed(typed: str) -> None:
    assert read_text(typed) == text(typed)


@given(st.text())
def test_no_word_of_a_text_is_lost(typed: str) -> None:
    inbound = read_text(typed)
    if inbound.kind is InboundKind.TEXT:
        assert inbound.value == legible(typed)
    else:
        assert legible(typed).strip().split("@")[0].lower() == f"/{inbound.value}"


@pytest.mark.parametrize("data", ["coach:tip", "exercise:option:3:wie:0", "x" * 64])
def test_a_press_is_what_its_button_holds(data: str) -> None:
    assert read_press(data) == Inbound(InboundKind.PRESS, data)


@pytest.mark.parametrize("data", ["x" * 65, "x" * 100_000, "é", "\ud800", "a\nb", "\x00", ""])
def test_a_press_that_no_button_of_ours_can_have_means_nothing(data: str) -> None:
    assert read_press(data) == Inbound(InboundKind.PRESS, "")


@given(st.sampled_from(InboundKind), st.text())
def test_what_came_in_survives_the_inbox(kind: InboundKind, value: str) -> None:
    inbound = Inbound(kind, value)
    assert Inbound.from_json(inbound.as_json()) == inbound


# --- an update of Telegram -------------------------------------------------------


def read(**update: Any) -> tuple[int, Inbound] | None:
    parsed = Update.de_json({"update_id": 1, **update}, None)
    assert parsed is not None
    return read_update(parsed)


def message(chat: dict[str, Any] = PRIVATE, **content: Any) -> dict[str, Any]:
    return {"message_id": 3, "date": 1763845200, "chat": chat, "from": PERSON, **content}


def test_a_text_is_read_with_its_chat() -> None:
    assert read(message=message(text="ik voel wantrouwen")) == (7, text("ik voel wantrouwen"))


def test_a_command_is_read_as_one() -> None:
    assert read(message=message(text="/hulp")) == (7, command("hulp"))


def test_an_edited_text_counts_as_a_text() -> None:
    assert read(edited_message=message(text="ik wil niet meer")) == (7, text("ik wil niet meer"))


@pytest.mark.parametrize(
    "content",
    [
        {"photo": PHOTO},
        {"video": {**FILE, "width": 9, "height": 9, "duration": 3}},
        {"voice": {**FILE, "duration": 3}},
        {"document": FILE},
    ],
    ids=lambda content: next(iter(content)),
)
def test_a_caption_is_what_counts_of_a_picture_or_recording(content: dict[str, Any]) -> None:
    captioned = message(caption="kijk wat ze schreef", **content)
    assert read(message=captioned) == (7, text("kijk wat ze schreef"))
    assert read(edited_message=captioned) == (7, text("kijk wat ze schreef"))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        ({"voice": {**FILE, "duration": 3}}, "voice"),
        ({"audio": {**FILE, "duration": 3}}, "audio"),
        ({"video_note": {**FILE, "length": 9, "duration": 3}}, "video_note"),
        ({"video": {**FILE, "width": 9, "height": 9, "duration": 3}}, "video"),
        ({"photo": PHOTO}, "photo"),
        ({"photo": PHOTO, "caption": "  "}, "photo"),
        (
            {
                "sticker": {
                    **FILE,
                    "width": 9,
                    "height": 9,
                    "is_animated": False,
                    "is_video": False,
                    "type": "regular",
                }
            },
            "sticker",
        ),
        (
            {
                "animation": {**FILE, "width": 9, "height": 9, "duration": 3},
                "document": FILE,
            },
            "animation",
        ),
        ({"document": FILE}, "document"),
        ({"location": {"latitude": 52.0, "longitude": 4.0}}, "location"),
        ({"contact": {"phone_number": "0612345678", "first_name": "Noor"}}, "contact"),
        ({"dice": {"emoji": "🎲", "value": 3}}, "other"),
        ({"text": " "}, "other"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_named_by_its_kind(content: dict[str, Any], kind: str) -> None:
    assert read(message=message(**content)) == (7, Inbound(InboundKind.MEDIA, kind))


def test_in_a_group_only_a_command_is_answered() -> None:
    assert read(message=message(GROUP, text="/start@TeVoetBot")) == (
        -100,
        Inbound(InboundKind.GROUP),
    )
    assert read(message=message(GROUP, text="ik wil dood")) is None
    assert read(message=message(GROUP, photo=PHOTO, caption="kijk")) is None
    assert read(edited_message=message(GROUP, text="/start")) is None


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post"])
def test_a_channel_is_not_answered(kind: str) -> None:
    channel = {"id": -200, "type": "channel", "title": "Nieuws"}
    post = {"message_id": 3, "date": 1763845200, "chat": channel, "text": "/start"}
    assert read(**{kind: post}) is None


def change(status: str, chat: dict[str, Any] = PRIVATE) -> dict[str, Any]:
    bot = {"id": 99, "is_bot": True, "first_name": "TeVoet"}
    new: dict[str, Any] = {"user": bot, "status": status}
    if status == "kicked":
        new["until_date"] = 0
    return {
        "chat": chat,
        "from": PERSON,
        "date": 1763845200,
        "old_chat_member": {"user": bot, "status": "member"},
        "new_chat_member": new,
    }


def test_blocking_and_unblocking_the_bot_are_noticed() -> None:
    assert read(my_chat_member=change("kicked")) == (7, Inbound(InboundKind.REACH, "blocked"))
    assert read(my_chat_member=change("left")) == (7, Inbound(InboundKind.REACH, "blocked"))
    assert read(my_chat_member=change("member")) == (7, Inbound(InboundKind.REACH, "unblocked"))


def test_being_added_to_a_group_is_not_answered() -> None:
    assert read(my_chat_member=change("member", GROUP)) is None


def pressed(**values: Any) -> dict[str, Any]:
    return {"id": "1", "from": PERSON, "chat_instance": "x", **values}


def test_a_press_on_a_button_is_read_with_its_data() -> None:
    query = pressed(message=message(text="tip"), data="coach:other:wat_wel")
    assert read(callback_query=query) == (7, Inbound(InboundKind.PRESS, "coach:other:wat_wel"))


def test_a_press_on_a_message_that_telegram_no_longer_has_still_counts() -> None:
    gone = {"chat": PRIVATE, "message_id": 3, "date": 0}
    query = pressed(message=gone, data="safety:safe")
    assert read(callback_query=query) == (7, Inbound(InboundKind.PRESS, "safety:safe"))


@pytest.mark.parametrize(
    "query",
    [
        pressed(message=message(GROUP, text="tip"), data="coach:other"),
        pressed(inline_message_id="9", data="coach:other"),
        pressed(message=message(text="tip"), game_short_name="spel"),
    ],
    ids=["in a group", "on an inline message", "of a game"],
)
def test_a_press_that_is_not_for_this_bot_is_not_answered(query: dict[str, Any]) -> None:
    assert read(callback_query=query) is None


@pytest.mark.parametrize(
    "update",
    [
        {
            "poll_answer": {
                "poll_id": "1",
                "user": PERSON,
                "option_ids": [0],
                "option_persistent_ids": [],
            }
        },
        {"inline_query": {"id": "1", "from": PERSON, "query": "hoi", "offset": ""}},
        {},
    ],
    ids=["poll", "inline", "of a kind that is not known yet"],
)
def test_an_update_of_another_kind_is_not_answered(update: dict[str, Any]) -> None:
    assert read(**update) is None


def test_a_link_that_starts_the_bot_is_the_command_start() -> None:
    assert read_text("/start uit_de_nieuwsbrief") == Inbound(InboundKind.COMMAND, "start")
    assert read_text("/start ik wil dood").kind is InboundKind.TEXT
