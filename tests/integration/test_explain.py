"""./tevoet explain: any two hundred lines in, two hundred lines of JSON out."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot import cli
from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.explain import SCHEMA, explain, explain_line
from bot.settings import ROOT

# A concern, a wish, danger and small talk: told apart by what comes out, so that a line that
# is lost or moved shows.
EXPECTED = {
    "ik vertrouw mijn vriend niet": "feel_mistrust",
    "geef me een tip": "ask_tip",
    "ik wil niet meer leven": "crisis_suicide",
    "hoi": "greet",
    "ben jij een echt mens?": "bot_challenge",
}
STRANGE: list[bytes] = [
    b"",
    b"   ",
    b"\x00",
    b"ik vertrouw\x00 mijn vriend niet",
    b"ik vertrouw \xff\xfe hem niet",
    b"\xc3",
    b"\xed\xa0\x80",
    b"/",
    b"/start",
    b"/ ik wil niet meer leven",
    b'/greet{"a": 1}',
    b"/greet ik wil niet meer leven",
    "😢".encode(),
    "👨‍👩‍👧💔💔".encode(),
    "\u200b".encode(),
    "\ufeffhoi".encode(),
    "\u202etem kjilrettorw".encode(),
    b"...",
    b'{"intent": "greet"}',
    b"\\n",
    b"\tmet een tab",
    "met een regelscheiding\u2028erin".encode(),
    b"met een return\rerin",
    "é̂".encode() * 50,
    ("ik vertrouw hem niet " * 500)[:10_000].encode(),
    b"a" * 10_000,
    "😢".encode() * 10_000,
]


def _lines() -> list[bytes]:
    """Two hundred lines: known ones, with a strange one after each few."""
    known = [text.encode() for text in EXPECTED]
    lines: list[bytes] = []
    while len(lines) < 200:
        number = len(lines)
        strange = number % 5 == 4 and number // 5 < len(STRANGE)
        lines.append(STRANGE[number // 5] if strange else known[number % len(known)])
    return lines


LINES = _lines()


@pytest.fixture(scope="module")
def explained(
    dialogue: Dialogue, content: Content, tmp_path_factory: pytest.TempPathFactory
) -> list[dict[str, Any]]:
    """What comes out for a file with LINES, by way of the command itself."""
    path = tmp_path_factory.mktemp("explain") / "lines.txt"
    path.write_bytes(b"\n".join(LINES) + b"\n")
    with pytest.MonkeyPatch.context() as patch:
        out = io.StringIO()
        patch.setattr(cli, "load_dialogue", lambda settings: dialogue)
        patch.setattr(sys, "stdout", out)
        with pytest.raises(SystemExit) as ended:
            cli.main(["explain", str(path)])
    assert ended.value.code == 0
    # Only the line feed ends a line of JSON lines.
    assert out.getvalue().endswith("\n")
    return [json.loads(line) for line in out.getvalue().removesuffix("\n").split("\n")]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_every_strange_line_is_among_the_two_hundred() -> None:
    assert len(LINES) == 200
    assert set(STRANGE) <= set(LINES)
    assert max(len(line.decode(errors="replace")) for line in LINES) == 10_000


def test_two_hundred_lines_in_are_two_hundred_lines_out_in_order(
    explained: list[dict[str, Any]],
) -> None:
    assert len(explained) == 200
    heard = [line["intent"] for line in explained]
    for line, intent in zip(LINES, heard, strict=True):
        assert intent == EXPECTED.get(line.decode(errors="replace"), intent)


def test_every_line_is_as_the_schema_says(
    explained: list[dict[str, Any]], validator: Draft202012Validator
) -> None:
    for line, result in zip(LINES, explained, strict=True):
        problems = [error.message for error in validator.iter_errors(result)]
        assert not problems, (line[:40], problems)


def test_the_schema_refuses_what_is_not_so(
    explained: list[dict[str, Any]], validator: Draft202012Validator
) -> None:
    good = explained[0]
    assert validator.is_valid(good)
    without_intent = {key: value for key, value in good.items() if key != "intent"}
    for bad in (
        without_intent,
        {**good, "confidence": 1.5},
        {**good, "steps": []},
        {**good, "text": "what the user wrote"},
        {**good, "crisis": {"level": "some", "kind": None}},
        {**good, "tips": [{"tip": "geef_toe", "score": 1, "reasons": []}]},
    ):
        assert not validator.is_valid(bad), bad


def test_the_first_tip_has_reasons_that_add_up_to_its_score(
    explained: list[dict[str, Any]],
) -> None:
    with_tips = [line for line in explained if line["tips"]]
    assert with_tips
    for line in with_tips:
        first = line["tips"][0]
        assert first["reasons"]
        total = sum(reason["value"] for reason in first["reasons"])
        assert first["score"] == pytest.approx(total, abs=0.001)
        # Best first.
        assert first["score"] == max(tip["score"] for tip in line["tips"])


def test_danger_leaves_no_tips_also_behind_a_slash(explained: list[dict[str, Any]]) -> None:
    dangerous = [
        result
        for line, result in zip(LINES, explained, strict=True)
        if b"ik wil niet meer leven" in line
    ]
    assert len(dangerous) > 2
    for result in dangerous:
        assert result["crisis"] == {"level": "act", "kind": "suicide"}
        assert result["tips"] == []
        assert result["steps"] == [{"safety": "found"}]


def test_each_line_is_a_new_user(explained: list[dict[str, Any]]) -> None:
    """The same line gives the same result, whatever stood before it."""
    by_line: dict[bytes, list[dict[str, Any]]] = {}
    for line, result in zip(LINES, explained, strict=True):
        by_line.setdefault(line, []).append(result)
    for results in by_line.values():
        assert all(result == results[0] for result in results)


async def test_what_is_asked_of_the_check_in_is_told(
    dialogue: Dialogue, content: Content, validator: Draft202012Validator
) -> None:
    now = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
    lines = {
        "stuur me elke avond om half negen een berichtje": ("set", "20:30"),
        "verzet mijn check-in naar 21u30": ("change", "21:30"),
        "geen check-ins meer": ("stop", None),
        "pauze tot maandag": ("pause", None),
        "tien over acht": ("set", None),
        "ik vertrouw mijn vriend niet": None,
    }
    for text, expected in lines.items():
        result = await explain_line(text, dialogue, content, now)
        assert validator.is_valid(result)
        schedule = result["schedule"]
        assert (schedule and (schedule["action"], schedule["time"])) == expected, text
    ambiguous = await explain_line("elke dag om 8 uur", dialogue, content, now)
    assert ambiguous["schedule"]["ambiguous"] is True
    assert ambiguous["schedule"]["options"] == ["08:00", "20:00"]


async def test_a_last_line_without_an_end_counts(dialogue: Dialogue, content: Content) -> None:
    out = io.StringIO()
    await explain([b"hoi\n", b"doei"], dialogue, content, datetime.now(UTC), out)
    assert [json.loads(line)["intent"] for line in out.getvalue().splitlines()] == [
        "greet",
        "goodbye",
    ]


def test_the_schema_is_printed_on_request(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["explain", "--schema"])
    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out) == json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.mark.usefixtures("model")
def test_from_standard_input_nothing_but_json_comes_out(validator: Draft202012Validator) -> None:
    """The whole program, started for real: libraries, too, leave standard output alone."""
    lines = [b"hoi", *STRANGE[:12], b"ik vertrouw mijn vriend niet"]
    program = Path(sys.executable).with_name("tevoet")
    done = subprocess.run(
        [program, "explain"],
        input=b"\n".join(lines) + b"\n",
        capture_output=True,
        cwd=ROOT,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    results = [json.loads(line) for line in done.stdout.decode("utf-8").split("\n")[:-1]]
    assert len(results) == len(lines)
    assert all(validator.is_valid(result) for result in results)
    assert (results[0]["intent"], results[-1]["intent"]) == ("greet", "feel_mistrust")
    # Nor is a user quoted on standard error.
    assert b"vertrouw" not in done.stderr
