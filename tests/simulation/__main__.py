"""The simulation by command: `python -m tests.simulation --people 500 --days 365`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.simulation.street import simulate


def main() -> int:
    """Run it and print what became of each due check-in."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty one; default: SQLite")
    options = parser.parse_args()
    start = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite+aiosqlite:///{folder}/simulation.db"
        report = asyncio.run(
            simulate(url, Path(folder), start, options.days, options.people, options.seed)
        )
    print(report)
    for line in report.wrong:
        print(line)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
