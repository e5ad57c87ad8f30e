"""Fifty people over three weeks round each clock change: once, or skipped by rule."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.simulation.street import simulate

# The last Sundays of October and March come eleven days later.
ROUND_AUTUMN = datetime(2026, 10, 14, 12, 0, tzinfo=UTC)
ROUND_SPRING = datetime(2027, 3, 17, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("start", [ROUND_AUTUMN, ROUND_SPRING], ids=["autumn", "spring"])
async def test_each_check_in_comes_once_or_is_skipped_by_rule(
    database_url: str, tmp_path: Path, start: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    report = await simulate(database_url, tmp_path, start, days=21, people=50, seed=start.month)
    with capsys.disabled():
        print(f"\n{start.date()}: {report}")
    assert report.wrong == []
    counts = report.counts
    accounted = sum(counts[name] for name in ("sent", "late", "lost", "quiet"))
    assert counts["due"] == accounted > 500
    # The accidents happened, or nothing was shown.
    assert counts["kills"] > 5
    assert counts["outages"] > 0
    assert counts["late"] > 0
    # A kill loses no more than what was on its way just then.
    assert counts["lost"] <= counts["kills"] * 8
    assert counts["sent"] > 0.7 * counts["due"]
