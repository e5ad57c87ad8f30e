"""The short form of the chaos: with kills and faults all ends as it would without them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.content import Content
from tests.chaos.__main__ import MODULE
from tests.chaos.run import Plan, compared
from tests.e2e.process import BotProcess
from tests.emulator import Emulator

SHORT = Plan(chats=8, rounds=9, kills=3, seed=1, nudges_each=8)


@pytest.fixture
def make(tmp_path: Path, model: Path) -> Callable[[Emulator, dict[str, str]], BotProcess]:
    """Makes a bot whose clock can be told to jump."""

    def make(telegram: Emulator, settings: dict[str, str]) -> BotProcess:
        folder = tmp_path / f"bot-{len(list(tmp_path.iterdir()))}"
        return BotProcess(folder, telegram, model, settings=settings, module=MODULE)

    return make


async def test_with_kills_and_faults_all_ends_as_it_would_without_them(
    make: Callable[[Emulator, dict[str, str]], BotProcess],
    tmp_path: Path,
    content: Content,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = await compared(SHORT, make, tmp_path, content)
    with capsys.disabled():
        print(f"\n{report}")
    assert report.wrong == []
    counts = dict(report.table)
    # Something did go wrong, and there was something to lose.
    assert counts["kill -9"] >= SHORT.kills
    assert counts["nudges due"] == 2
    assert counts["rows compared"] > 200
