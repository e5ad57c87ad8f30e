"""Replies, and how several of them become one message."""

from __future__ import annotations

import html
import json

from hypothesis import given
from hypothesis import strategies as st

from bot.content import Button
from bot.roleplay.curve import TrustCurve
from bot.skills.reply import JOINED_UP_TO, PARAGRAPH, Reply, join
from tests.emulator.entities import utf16_length
from tests.emulator.limits import TEXT_LIMIT

YES = ((Button(label="Ja", press="safety:safe"),),)
NO = ((Button(label="Nee", press="safety:unsafe"),),)

REPLIES = st.lists(
    st.builds(
        Reply,
        keys=st.tuples(st.sampled_from(["a", "b", "c"])),
        text=st.sampled_from(["kort", "een zin. " * 40, "x" * 1490, "y" * 3000]),
        buttons=st.sampled_from([(), (), YES, NO]),
        tip_id=st.just(None),
    ),
    max_size=6,
)


def test_replies_that_follow_each_other_become_one_message() -> None:
    [reply] = join([Reply(("acknowledge",), "Dat is naar."), Reply(("ask",), "Wat deed het?")])
    assert reply.text == "Dat is naar.\n\nWat deed het?"
    assert reply.keys == ("acknowledge", "ask")


def test_buttons_end_a_message() -> None:
    joined = join([Reply(("a",), "Eerst dit.", YES), Reply(("b",), "En dan dat.", NO)])
    assert [(reply.text, reply.buttons) for reply in joined] == [
        ("Eerst dit.", YES),
        ("En dan dat.", NO),
    ]


def test_the_last_reply_gives_the_message_its_buttons_and_its_tip() -> None:
    [reply] = join([Reply(("bridge",), "Misschien dit."), Reply(("tip",), "Tip.", YES, "wat_wel")])
    assert (reply.buttons, reply.tip_id) == (YES, "wat_wel")


def test_a_long_text_stays_a_message_of_its_own() -> None:
    long = "x" * JOINED_UP_TO
    assert [reply.text for reply in join([Reply(("a",), "kort"), Reply(("b",), long)])] == [
        "kort",
        long,
    ]


def test_nothing_to_say_is_no_message() -> None:
    assert join([]) == []


@given(REPLIES)
def test_joining_loses_nothing_and_keeps_the_order(replies: list[Reply]) -> None:
    joined = join(replies)
    assert PARAGRAPH.join(r.text for r in joined) == PARAGRAPH.join(r.text for r in replies)
    assert [k for r in joined for k in r.keys] == [k for r in replies for k in r.keys]
    assert [r.buttons for r in joined if r.buttons] == [r.buttons for r in replies if r.buttons]


@given(REPLIES)
def test_a_joined_message_fits_in_telegram(replies: list[Reply]) -> None:
    for reply in join(replies):
        if len(reply.keys) > 1:
            assert len(reply.text.encode("utf-16-le")) // 2 <= 4096


@given(REPLIES)
def test_a_reply_survives_the_outbox(replies: list[Reply]) -> None:
    assert [Reply.from_json(reply.as_json()) for reply in replies] == replies


CURVE = TrustCurve(title="Het vertrouwen", levels=("weg", "stevig"), values=(8, 9))


def test_a_picture_travels_with_its_reply() -> None:
    reply = Reply(("look_curve",), "Dag", picture=CURVE)
    assert Reply.from_json(json.loads(json.dumps(reply.as_json()))) == reply


def test_a_reply_stored_before_there_were_pictures_is_read() -> None:
    payload = Reply(("dag",), "Dag").as_json()
    del payload["picture"]
    assert Reply.from_json(payload) == Reply(("dag",), "Dag")


def test_a_picture_stands_alone_so_that_its_words_fit_under_it() -> None:
    before, picture, after = (
        Reply(("a",), "a"),
        Reply(("b",), "b", picture=CURVE),
        Reply(("c",), "c"),
    )
    assert join([before, picture, after]) == [before, picture, after]


@given(st.lists(st.text("x🙂<", min_size=1, max_size=3000), min_size=1, max_size=6))
def test_no_message_is_longer_than_telegram_allows(
    answers: list[str],
) -> None:
    text = "\n\n".join(f"<b>kop</b>\n{html.escape(answer)}" for answer in answers)
    parts = join([Reply(("plan",), text, YES)])
    assert "\n\n".join(part.text for part in parts) == text
    assert [part.buttons for part in parts] == [()] * (len(parts) - 1) + [YES]
    for part in parts:
        alone = "\n\n" not in part.text
        assert alone or utf16_length(html.unescape(part.text)) <= TEXT_LIMIT
