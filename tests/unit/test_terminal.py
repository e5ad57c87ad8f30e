"""./tevoet chat --script: what a script may hold, and what it prints."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot import cli
from bot.bootstrap import App, running
from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.settings import Settings
from bot.terminal import TerminalChat, interactive, plain, play
from tests.clock import Clock


@pytest.fixture
async def app(
    settings: Settings, dialogue: Dialogue, content: Content, clock: Clock
) -> AsyncIterator[App]:
    async with running(settings, clock, dialogue, content) as app:
        yield app


async def _played(app: App, *lines: str, country: str = "NL") -> str:
    out = io.StringIO()
    await play(app, lines, country, False, out)
    return out.getvalue()


async def _turns(app: App, *lines: str, country: str = "NL") -> list[dict[str, Any]]:
    out = io.StringIO()
    await play(app, lines, country, True, out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


# --- presses and users -----------------------------------------------------------


async def test_a_line_with_a_sign_presses_the_newest_button_with_that_label(app: App) -> None:
    tip, other, why = await _turns(app, "geef me een tip", "> Andere tip", "> waarom")
    [given] = other["replies"]
    assert given["tip"] != tip["replies"][0]["tip"]
    assert other["user"] == "[Andere tip]"
    # "Waarom deze tip?" stood under both tips: the newest one is explained.
    assert why["replies"][0]["key"] == f"why.{given['tip']}"


async def test_a_button_of_an_earlier_turn_can_still_be_pressed(app: App) -> None:
    *_, why = await _turns(app, "geef me een tip", "hoi", "> Waarom deze tip?")
    assert why["replies"][0]["key"].startswith("why.")


async def test_three_dashes_start_another_user(app: App) -> None:
    first, crisis, other = await _turns(
        app, "geef me een tip", "ik wil niet meer leven", "---", "geef me een tip"
    )
    assert crisis["hold"] == {"level": "act", "kind": "suicide"}
    # The other one is not held back by the first one's danger, nor by what the first one got.
    assert other["hold"] is None
    assert other["replies"][0]["tip"] == first["replies"][0]["tip"]


async def test_another_user_cannot_press_the_first_ones_buttons(app: App) -> None:
    with pytest.raises(LookupError, match="Andere tip"):
        await _turns(app, "geef me een tip", "---", "> Andere tip")


async def test_empty_lines_are_left_out(app: App) -> None:
    assert [turn["user"] for turn in await _turns(app, "", "hoi", "   ", "doei", "")] == [
        "hoi",
        "doei",
    ]


async def test_commands_are_commands(app: App) -> None:
    [turn] = await _turns(app, "/privacy")
    assert turn["replies"][-1]["key"].endswith("privacy")


# --- what is printed --------------------------------------------------------------


async def test_json_has_a_line_a_turn_with_all_that_was_decided(app: App) -> None:
    question, tip = await _turns(app, "ik vertrouw mijn vriend niet", "al een paar weken")
    assert question["user"] == "ik vertrouw mijn vriend niet"
    assert question["intent"] == "feel_mistrust"
    assert 0 < question["confidence"] <= 1
    assert question["crisis"] == {"level": "none", "kind": None}
    assert question["hold"] is None
    assert question["steps"] == [
        {"acknowledge": "feel_mistrust"},
        {"ask": "feel_mistrust.moment"},
    ]
    [reply] = question["replies"]
    assert reply["key"] == "acknowledge.feel_mistrust+ask.feel_mistrust.moment"
    assert reply["text"].count("\n\n") == 1
    assert (reply["buttons"], reply["tip"]) == ([], None)
    [given] = tip["replies"]
    assert given["key"] == f"bridge.feel_mistrust+tip.{given['tip']}"
    assert "Dit hielp niet" in given["buttons"]
    assert all(set(turn) == set(question) for turn in (question, tip))


async def test_json_tells_danger_and_the_hold_that_follows(app: App) -> None:
    asked, act = await _turns(app, "iedereen is beter af zonder mij", "ja")
    assert asked["crisis"] == {"level": "ask", "kind": "suicide"}
    assert asked["hold"] == {"level": "ask", "kind": "suicide"}
    assert act["crisis"] == {"level": "none", "kind": None}
    assert act["hold"] == {"level": "act", "kind": "suicide"}
    assert act["steps"] == [{"safety": "confirmed"}]


async def test_a_pressed_button_has_no_crisis_and_no_intent_of_its_own(app: App) -> None:
    _, pressed = await _turns(app, "ik wil niet meer leven", "> ik ben veilig")
    assert (pressed["user"], pressed["intent"]) == ("[Ik ben veilig]", None)
    assert pressed["steps"] == [{"safety": "safe"}]


async def test_the_country_decides_on_the_lines(app: App) -> None:
    [dutch] = await _turns(app, "ik wil niet meer leven", country="NL")
    assert "0800-0113" in dutch["replies"][0]["text"]
    assert "1813" not in dutch["replies"][0]["text"]


async def test_belgium_means_belgian_lines(app: App) -> None:
    [belgian] = await _turns(app, "ik wil niet meer leven", country="BE")
    assert "1813" in belgian["replies"][0]["text"]
    assert "0800-0113" not in belgian["replies"][0]["text"]


async def test_text_shows_what_was_said_the_reply_and_numbered_buttons(app: App) -> None:
    printed = await _played(app, "geef me een tip", "> waarom", "---", "hoi")
    first, why, other = _split(printed)
    assert first.startswith("> geef me een tip\n\n  ")
    assert "    [1] Dit hielp   [2] Dit hielp niet\n    [3] Andere tip" in first
    assert why.startswith("> [Waarom deze tip?]\n\n")
    assert other.startswith("> hoi\n\n")
    assert "\n---\n\n> hoi" in printed
    assert "<b>" not in printed


def _split(printed: str) -> list[str]:
    """The turns of a printed dialogue."""
    return ["> " + part for part in ("\n" + printed).split("\n> ")[1:]]


async def test_a_script_reads_the_same_every_time(
    app: App, tmp_path: Path, settings: Settings, dialogue: Dialogue, content: Content, clock: Clock
) -> None:
    lines = ("hoi", "ik vertrouw mijn vriend niet", "gisteren nog", "bedankt", "---", "hoi")
    first = await _played(app, *lines)
    again = settings.model_copy(update={"data_dir": tmp_path / "again"})
    async with running(again, clock, dialogue, content) as other:
        assert await _played(other, *lines) == first


def test_telegram_marks_are_not_shown() -> None:
    assert plain("<b>Wat wel</b>\n&lt;3 &amp; <i>meer</i>") == "Wat wel\n<3 & meer"


# --- talking by hand ---------------------------------------------------------------


async def test_a_number_presses_the_button_with_that_number(app: App) -> None:
    chat = TerminalChat(app)
    await chat.onboard("NL")
    await chat.says("geef me een tip")
    labels = [b.label for b in chat.buttons]
    exchange = await chat.says(str(labels.index("Waarom deze tip?") + 1))
    assert exchange.replies[0].keys[0].startswith("why.")


async def test_a_number_without_a_button_is_text(app: App) -> None:
    chat = TerminalChat(app)
    await chat.onboard("NL")
    assert (await chat.says("7")).said == "7"


async def test_a_talk_by_hand_begins_at_the_start_and_ends_with_the_input(
    app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    typed = iter(["1", ""])

    def read(prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    await interactive(app, "klaar", read)
    printed = capsys.readouterr().out
    assert printed.startswith("klaar\n")
    assert "[1] Nederland" in printed
    # The 1 chose the country, so consent came next; the empty line said nothing.
    assert "[1] Ja, ik ben 16+" in printed


# --- the command --------------------------------------------------------------------


def _command(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["chat", *arguments])
    return int(ended.value.code or 0)


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, dialogue: Dialogue) -> None:
    """The command takes the model that is already loaded."""
    monkeypatch.setattr("bot.bootstrap.load_dialogue", lambda settings: dialogue)


@pytest.mark.usefixtures("loaded")
def test_the_command_plays_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.txt"
    script.write_text("ik wil niet meer leven\n> rustig\n", encoding="utf-8")
    assert _command("--script", str(script), "--json", "--country", "BE") == 0
    printed = capsys.readouterr().out.splitlines()
    crisis, calm = (json.loads(line) for line in printed)
    assert "1813" in crisis["replies"][0]["text"]
    assert calm["replies"][0]["key"] == "ground_5"


@pytest.mark.usefixtures("loaded")
def test_an_unknown_label_ends_the_command_with_2_and_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = tmp_path / "script.txt"
    script.write_text("hoi\n> Bestaat niet\n", encoding="utf-8")
    assert _command("--script", str(script)) == 2
    # A long path is broken off where the terminal ends.
    error = capsys.readouterr().err.replace("\n", "")
    assert "Bestaat niet" in error
    assert "script.txt" in error


def test_a_country_without_lines_is_refused(tmp_path: Path) -> None:
    assert _command("--script", str(tmp_path / "x.txt"), "--country", "FR") == 2
