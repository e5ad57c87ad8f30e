"""Without a model the bot starts all the same: danger and /hulp get lines, the rest waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.emulator import running_emulator

from .person import Person
from .process import BotProcess
from .wording import Wording


@pytest.mark.parametrize("trouble", ["removed", "broken"])
async def test_without_a_model_danger_and_hulp_still_get_lines(
    make_bot: Callable[..., BotProcess], model: Path, wording: Wording, trouble: str
) -> None:
    async with running_emulator() as telegram:
        bot = make_bot(telegram)
        bot.model.unlink()
        if trouble == "broken":
            bot.model.write_bytes(b"no model")
        await bot.start()
        in_danger, asking, talking = Person(telegram), Person(telegram), Person(telegram)
        await in_danger.says("ik wil niet meer leven")
        await asking.says("/hulp")
        await talking.says("ik voel wantrouwen")
        emergency = await in_danger.reply()
        assert wording.says(emergency, "emergency")
        assert {"0800-0113", "1813"} <= {word.strip(",()") for word in emergency.text.split()}
        wording.expect(await asking.reply(), "help_lines")
        assert wording.says(await talking.reply(), "failed")
        hold = "SELECT level, kind FROM safety_holds WHERE chat_id = ?"
        assert bot.rows(hold, in_danger.chat_id) == [{"level": "act", "kind": "suicide"}]
        assert bot.alive
        assert await bot.stop() == 0

        # The messages waited: with a model they are answered.
        bot.model.unlink(missing_ok=True)
        bot.model.symlink_to(model)
        before = in_danger.position
        await bot.start()
        [answer] = await in_danger.replies(after=before, count=1, timeout=40)
        wording.expect(answer, "crisis_suicide_act")
        assert await bot.stop() == 0
