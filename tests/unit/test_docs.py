"""README, .env.example and the decisions say what is so: compared with the code, word for word."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from bot.cli import _parser
from bot.content import Content
from bot.conversation.dialogue import Dialogue
from bot.settings import ROOT, Settings
from tests.dialogue.golden.record import played

README = (ROOT / "README.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
SETTING_NAMES = {str(field.validation_alias) for field in Settings.model_fields.values()}


def _blocks(language: str) -> list[str]:
    """The code blocks of README in a language; they may be indented, in a list."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", README, re.MULTILINE | re.DOTALL)
    return [block for _, block in found]


def _commands() -> list[str]:
    """What README tells to type after ./tevoet, in blocks and in sentences, without comments."""
    lines = [line.strip() for block in _blocks("sh") for line in block.splitlines()]
    lines += re.findall(r"`(\./tevoet [^`]+)`", README)
    return [
        line.partition("#")[0].strip().removeprefix("./tevoet").strip()
        for line in lines
        if line.startswith("./tevoet")
    ]


def test_readme_names_every_setting_and_no_other() -> None:
    table = re.search(r"^\| setting \|.*?(?=\n\n)", README, re.MULTILINE | re.DOTALL)
    assert table is not None
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", table[0], re.MULTILINE)) == SETTING_NAMES


def test_readme_gives_the_defaults_that_hold() -> None:
    defaults = dict(re.findall(r"^\| `([A-Z_]+)` \| `([^`]+)` \|", README, re.MULTILINE))
    assert defaults
    for field in Settings.model_fields.values():
        if str(field.validation_alias) in defaults:
            assert str(field.default) == defaults[str(field.validation_alias)]


def test_the_example_environment_names_only_what_something_reads() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    compose = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    names = set(re.findall(r"^([A-Z_]+)=", example, re.MULTILINE))
    assert names
    assert {name for name in names - SETTING_NAMES if name not in compose} == set()


def test_readme_shows_commands() -> None:
    assert "chat" in _commands()
    assert "bot" in _commands()


@pytest.mark.parametrize("command", _commands())
def test_a_command_in_readme_is_understood(command: str) -> None:
    # An unknown command or option ends the parser with SystemExit, which fails the test.
    options = _parser().parse_args(shlex.split(command))
    assert callable(options.run)


def test_files_that_readme_points_to_exist() -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


async def test_the_example_dialogue_is_what_the_program_prints(
    settings: Settings, dialogue: Dialogue, content: Content
) -> None:
    [example] = [block for block in _blocks("text") if block.startswith("> ")]
    printed = await played(ROOT / "docs" / "example.txt", settings, dialogue, content)
    assert printed.strip() == example.strip()


def test_there_are_decisions() -> None:
    assert DECISIONS


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_has_context_decision_and_consequences(path: Path) -> None:
    assert re.fullmatch(r"\d{4}-[a-z0-9.-]+", path.stem)
    text = path.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
    assert text.startswith(f"# {int(path.stem[:4])}. ")


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = [int(path.stem[:4]) for path in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))
