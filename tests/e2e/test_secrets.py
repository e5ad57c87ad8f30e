"""What the logs and the files of all these runs must not hold: words, names, the token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .conftest import Runs
from .person import NAME, Person
from .process import BotProcess

Resident = Callable[[], Person]
# Shorter texts, such as commands, may stand in a log by chance.
TELLING = 12


def _words(bot: BotProcess) -> set[str]:
    """Everything that was said by either side, in lines that would be recognised."""
    said = (line.text for line in bot.emulator.chats.timeline)
    lines = {part.strip() for text in said for part in text.split("\n")}
    return {line for line in lines if len(line) >= TELLING and " " in line}


async def test_no_log_holds_words_names_or_the_token(resident: Resident, runs: Runs) -> None:
    person = resident()
    await person.tells("ik voel wantrouwen")  # so that there is something to find
    for bot in runs.bots:
        log, words = bot.log, _words(bot)
        assert bot.ready in log
        assert len(words) > 5
        assert [line for line in words if line in log] == []
        assert NAME not in log
        assert bot.emulator.token not in log
        assert bot.emulator.token.partition(":")[2] not in log


async def test_no_file_holds_words_or_names(resident: Resident, runs: Runs) -> None:
    person = resident()
    await person.tells("ik voel wantrouwen")
    for bot in runs.bots:
        words = [NAME.encode(), bot.emulator.token.encode()]
        words += [line.encode() for line in _words(bot)]
        for file in _own_files(bot.data_dir):
            content = file.read_bytes()
            assert [word for word in words if word in content] == [], file


def _own_files(folder: Path) -> list[Path]:
    """All but the model, which holds examples of its own."""
    return [f for f in folder.rglob("*") if f.is_file() and not f.is_symlink()]
