"""What the logs and the files of all these runs must not hold: words, names, the token."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import Runs
from .person import NAME, Person
from .secrets import leaks, words_of

Resident = Callable[[], Person]
SECRET = "dit vertel ik alleen aan jou"


async def test_no_log_and_no_file_holds_words_names_or_the_token(
    resident: Resident, runs: Runs
) -> None:
    person = resident()
    await person.tells("ik voel wantrouwen")  # so that there is something to find
    for bot in runs.bots:
        assert bot.ready in bot.log
        assert len(words_of(bot)) > 5
        assert leaks(bot) == []


async def test_what_is_told_in_a_file_or_a_log_is_found(resident: Resident, runs: Runs) -> None:
    person = resident()
    await person.tells(SECRET)
    bot = runs.bots[0]
    bot.data_dir.joinpath("note.txt").write_text(f"{NAME}: {SECRET}")
    try:
        assert leaks(bot) == sorted([f"{NAME} in note.txt", f"{SECRET} in note.txt"])
    finally:
        bot.data_dir.joinpath("note.txt").unlink()
