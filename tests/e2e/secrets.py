"""What the logs and the files of a bot must not hold: words, names, the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .person import NAME
from .process import BotProcess

# Shorter texts, such as commands, may stand in a log by chance.
TELLING = 12


def words_of(bot: BotProcess) -> set[str]:
    """Everything that was said by either side, in lines that would be recognised."""
    said = (line.text for line in bot.emulator.chats.timeline)
    lines = {part.strip() for text in said for part in text.split("\n")}
    return {line for line in lines if len(line) >= TELLING and " " in line}


def leaks(bot: BotProcess) -> list[str]:
    """What stands in a log or a file of this bot and must not, each with its place."""
    token = bot.emulator.token
    secrets = {NAME, token, token.partition(":")[2], *words_of(bot)}
    found = [f"{secret} in the log" for secret in secrets if secret in bot.log]
    for file in own_files(bot.data_dir):
        content = file.read_bytes()
        found += [f"{secret} in {file.name}" for secret in secrets if secret.encode() in content]
    return sorted(found)


def own_files(folder: Path) -> Iterator[Path]:
    """All but the model, which holds examples of its own."""
    return (file for file in folder.rglob("*") if file.is_file() and not file.is_symlink())
