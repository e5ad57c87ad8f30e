"""No log holds what a user wrote, whatever its level and however the turn ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot import logs
from bot.bootstrap import now
from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound, read_text
from bot.conversation.turn import Turns
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.repositories import Chats
from bot.db.session import make_engine, writing
from nlu.lexicon import Lexicon
from nlu.policies.coaching import CoachingPolicy

CHAT = 42
WORD = "zwaluwstaartje"
TEXT = f"mijn man Govert liegt over een {WORD} in de kelder"


class Terminal(StringIO):
    """Where somebody looks."""

    def isatty(self) -> bool:
        return True


@contextmanager
def everything_written(terminal: bool = False) -> Iterator[StringIO]:
    """All that is printed or logged while root and our own packages stand at DEBUG."""
    written = Terminal() if terminal else StringIO()
    with redirect_stdout(written), redirect_stderr(written):
        logs.configure("DEBUG")
        try:
            yield written
        finally:
            logging.getLogger().handlers.clear()
    logs.configure("WARNING")


def of_the_user(written: StringIO) -> list[str]:
    """Words of the user that were written."""
    return [word for word in (WORD, "Govert", "kelder") if word in written.getvalue()]


async def say(
    text: str, dialogue: Dialogue, content: Content, cipher: Cipher, folder: Path
) -> None:
    """One message of an onboarded user, handled to the end."""
    url = f"sqlite+aiosqlite:///{folder / 'test.db'}"
    await upgrade(url)
    engine = make_engine(url)
    turns = Turns(engine, cipher, dialogue, content, now)
    conversation = Conversation(
        engine, cipher, turns, content, Lexicon.load(), now, timedelta(seconds=0)
    )
    async with writing(engine) as session:
        (await Chats(session, cipher).ensure_user(CHAT, now())).consented_at = now()
    inbound: Inbound = read_text(text)
    await conversation.store([(1, CHAT, inbound)])
    conversation.wake(CHAT)
    await conversation.settle()
    await engine.dispose()


async def test_a_turn_logs_no_word_of_the_user(
    dialogue: Dialogue,
    content: Content,
    cipher: Cipher,
    tmp_path: Path,
) -> None:
    with everything_written() as written:
        logging.getLogger("bot").debug("debug is on")
        print("print is on")
        await say(TEXT, dialogue, content, cipher, tmp_path)
    assert "debug is on" in written.getvalue()
    assert "print is on" in written.getvalue()
    assert of_the_user(written) == []


async def test_a_turn_that_fails_inside_rasa_logs_where_but_no_word_of_the_user(
    monkeypatch: pytest.MonkeyPatch,
    dialogue: Dialogue,
    content: Content,
    cipher: Cipher,
    tmp_path: Path,
) -> None:
    def break_down(self: CoachingPolicy, tracker: object, facts: object) -> None:
        raise RuntimeError(f"cannot handle {TEXT}")

    monkeypatch.setattr(CoachingPolicy, "decide", break_down)
    monkeypatch.setattr("bot.conversation.drain.RETRY_WAITS", (timedelta(0),) * 3)
    with everything_written() as written:
        await say(TEXT, dialogue, content, cipher, tmp_path)
    assert "turn failed (ModelError), try 3 of 3" in written.getvalue()
    assert "break_down" in written.getvalue(), "the place of the error helps who mends it"
    assert of_the_user(written) == []


async def test_a_failing_database_logs_where_but_no_word_of_the_user(
    monkeypatch: pytest.MonkeyPatch,
    dialogue: Dialogue,
    content: Content,
    cipher: Cipher,
    tmp_path: Path,
) -> None:
    def break_down(self: Cipher, sealed: bytes) -> None:
        raise RuntimeError(f"cannot open {TEXT}")

    monkeypatch.setattr(Cipher, "open", break_down)
    with everything_written() as written:
        await say(TEXT, dialogue, content, cipher, tmp_path)
    assert "chat could not be drained (RuntimeError)" in written.getvalue()
    assert "break_down" in written.getvalue()
    assert of_the_user(written) == []


def test_libraries_that_would_quote_users_stay_quiet_at_debug() -> None:
    with everything_written() as written:
        for name in ("rasa.core.processor", "httpx", "telegram.ext", "sqlalchemy.engine"):
            logging.getLogger(name).debug(TEXT)
            logging.getLogger(name).info(TEXT)
    assert written.getvalue() == ""


def test_the_places_of_an_error_name_its_causes_and_leave_out_their_words() -> None:
    try:
        try:
            raise KeyError(TEXT)
        except KeyError as error:
            raise ValueError(TEXT) from error
    except ValueError as error:
        told = logs.places(error)
    assert told.index("KeyError at") < told.index("ValueError at")
    assert "test_logs.py" in told
    assert WORD not in told


def lines(written: StringIO) -> list[dict[str, Any]]:
    """What was logged, a JSON object a line."""
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_where_nobody_looks_a_line_is_json_with_time_level_and_place() -> None:
    with everything_written() as written:
        logging.getLogger("bot.nudges.loop").info("nudges: %d sent, één ‘laat’", 3)
    [line] = lines(written)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "nudges: 3 sent, één ‘laat’", "level": "info", "logger": "bot.nudges.loop",
    }  # fmt: skip


def test_on_a_terminal_a_line_is_for_people() -> None:
    with everything_written(terminal=True) as written:
        logging.getLogger("bot.nudges.loop").info("nudges: %d sent", 3)
    [line] = written.getvalue().splitlines()
    assert "nudges: 3 sent" in line
    with pytest.raises(ValueError, match="Expecting"):
        json.loads(line)


def test_a_line_holds_the_fields_that_are_allowed_and_no_other() -> None:
    with everything_written() as written:
        logging.getLogger("bot").info("x", extra={"seconds": 0.2, "chat_id": CHAT, "text": TEXT})
    [line] = lines(written)
    assert line["seconds"] == 0.2
    assert line.keys() == {"event", "level", "logger", "seconds", "timestamp"}


@pytest.mark.parametrize("terminal", [False, True])
def test_the_words_of_an_error_are_not_logged_by_whomever_it_is_told(terminal: bool) -> None:
    with everything_written(terminal) as written:
        try:
            raise ValueError(TEXT)
        except ValueError as error:
            logging.getLogger("bot").exception("broken")
            logging.getLogger("asyncio").error("never retrieved", exc_info=error, stack_info=True)
    assert written.getvalue().count("ValueError at") == 2
    assert "test_logs.py" in written.getvalue()
    assert of_the_user(written) == []


def test_of_an_error_in_rasas_own_log_only_its_name_is_kept() -> None:
    with everything_written() as written:
        log = structlog.get_logger("rasa.core.processor")
        log.error("processor.failed", text=TEXT, event_info=TEXT)
        log.warning("processor.doubts", text=TEXT)
    assert [line["event"] for line in lines(written)] == ["processor.failed"]
    assert of_the_user(written) == []


async def test_a_turn_leaves_a_line_that_says_nothing_about_anybody(
    dialogue: Dialogue, content: Content, cipher: Cipher, tmp_path: Path
) -> None:
    with everything_written() as written:
        await say(TEXT, dialogue, content, cipher, tmp_path)
    [line] = [line for line in lines(written) if line["event"] == "turn handled"]
    assert line.keys() == {
        "event", "level", "logger", "timestamp", "seconds", "messages", "attempt",
    }  # fmt: skip
    assert (line["level"], line["messages"], line["attempt"]) == ("debug", 1, 1)
