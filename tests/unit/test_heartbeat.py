"""A sign of life, also after a disk that took nothing for a while."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.telegram import heartbeat


async def test_a_disk_that_takes_nothing_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(heartbeat, "EVERY", 0.01)
    folder = tmp_path / "away"
    beating = asyncio.create_task(heartbeat.beat(folder))
    await asyncio.sleep(0.05)
    assert not heartbeat.is_alive(folder)
    assert "no sign of life can be given" in caplog.text

    folder.mkdir()
    await asyncio.sleep(0.05)
    assert heartbeat.is_alive(folder)
    beating.cancel()
