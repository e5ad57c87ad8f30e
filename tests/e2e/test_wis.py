"""/wis: asked once, done at once, complete, and of nobody else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from .person import ANSWER, Person
from .process import BotProcess
from .wording import Wording

Resident = Callable[[], Person]
# Ids only, against doubles: they go after two days (bot/db/repositories).
IDS_ONLY = {"inbox", "outbox"}


async def _talk(person: Person) -> None:
    await person.tells("ik voel wantrouwen")
    await person.tells(ANSWER)
    await person.taps("Dit hielp")


async def test_yes_erases_every_row_of_that_chat_and_of_no_other(
    resident: Resident, wording: Wording, bot: BotProcess
) -> None:
    person, other = resident(), resident()
    await asyncio.gather(_talk(person), _talk(other))
    full = {"users", "trackers", "given_tips", "said_lines", "inbox", "outbox"}
    assert bot.rows_about(person.chat_id).keys() == full
    await bot.all_sent(other.chat_id)
    others = bot.rows_about(other.chat_id)

    question = await person.tells("/wis")
    wording.expect(question, "confirm_erase")
    assert bot.rows_about(person.chat_id).keys() == full  # a question erases nothing
    wording.expect(await person.taps("Ja, wis alles"), "erased")
    await bot.all_sent(person.chat_id)

    left = bot.rows_about(person.chat_id)
    assert left.keys() <= IDS_ONLY
    assert [len(rows) for rows in left.values()] == [1, 1]  # of the press itself
    assert all(row["sealed"] is None for rows in left.values() for row in rows)
    assert bot.rows_about(other.chat_id) == others
    wording.expect(await person.tells("hallo?"), "consent_first", "ask_country")


async def test_no_leaves_everything(resident: Resident, wording: Wording, bot: BotProcess) -> None:
    person = resident()
    await _talk(person)
    await person.tells("/wis")
    before = bot.rows_about(person.chat_id)
    wording.expect(await person.taps("Nee, laat staan"), "erase_cancelled")
    after = bot.rows_about(person.chat_id)
    for table in before.keys() - IDS_ONLY:
        assert after[table] == before[table]


async def test_an_old_yes_is_refused(resident: Resident, wording: Wording, bot: BotProcess) -> None:
    person = resident()
    question = await person.tells("/wis")
    data = question.message["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    name, _, stamp = data.rpartition(":")
    assert abs(int(stamp) - time.time()) < 60
    an_hour_ago = f"{name}:{int(stamp) - 3600}"
    wording.expect(await person.forges(an_hour_ago, question), "button_past")
    assert bot.rows("SELECT 1 FROM users WHERE chat_id = ?", person.chat_id)
