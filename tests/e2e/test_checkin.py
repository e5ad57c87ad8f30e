"""A check-in on Telegram: set, nudged through a kill, answered, and looked back on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.emulator import running_emulator

from .person import Person
from .process import BotProcess
from .wording import Wording


async def test_a_nudge_comes_once_also_when_the_bot_is_killed(
    make_bot: Callable[..., BotProcess], wording: Wording
) -> None:
    async with running_emulator() as telegram:
        bot = make_bot(telegram)
        await bot.start()
        noor, late = [Person(telegram) for _ in range(2)]
        # Both times of the day are some three hours ago by now: no other nudge is due for hours.
        clock = (datetime.now(UTC) - timedelta(hours=3)).astimezone(ZoneInfo("Europe/Amsterdam"))
        for person in (noor, late):
            await person.onboards()
            wording.expect(
                await person.tells(f"stuur me elke dag om {clock:%H:%M} een bericht"),
                "schedule_set",
            )
            await bot.all_sent(person.chat_id)
        bot.kill()

        now = datetime.now(UTC)
        change = "UPDATE schedules SET next_at = ? WHERE chat_id = ? AND kind = 'checkin'"
        for person, ago in ((noor, timedelta(minutes=5)), (late, timedelta(hours=3))):
            bot.change(change, f"{now - ago:%Y-%m-%d %H:%M:%S.%f}", person.chat_id)
        position = noor.position
        await bot.start()
        [nudge] = await noor.replies(after=position, count=1, timeout=20)
        wording.expect(nudge, "nudge")
        bot.kill()
        await bot.start()
        await asyncio.sleep(2)
        assert len(noor.received(position)) == 1
        # Three hours late is too late.
        assert late.received(position) == []
        [row] = bot.rows(
            "SELECT next_at FROM schedules WHERE chat_id = ? AND kind = 'checkin'", late.chat_id
        )
        assert row["next_at"] > f"{now:%Y-%m-%d %H:%M}"

        assert wording.says(await noor.taps("Nu", on=nudge), "checkin_score")
        assert wording.says(await noor.taps("7"), "checkin_feeling")
        assert wording.says(await noor.taps("Rustig"), "checkin_note")
        wording.expect(await noor.tells("we hebben samen gekookt, verder niets"), "checkin_done")

        await noor.says("/voortgang")
        await telegram.log.until(lambda: telegram.log.of("sendPhoto") or None, 20)
        [photo] = telegram.log.of("sendPhoto")
        assert photo.files
        assert "één keer" in str(photo.fields["caption"])
        await noor.presses("Als bestand", timeout=20)
        await telegram.log.until(lambda: telegram.log.of("sendDocument") or None, 20)
        [document] = telegram.log.of("sendDocument")
        assert document.files
        assert telegram.violations == []
        assert telegram.log.failures() == []
        bot.kill()
