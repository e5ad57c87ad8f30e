"""`tevoet` as it is, but for two things: its clock jumps as told, and nudges come soon.

python -m tests.chaos.bot bot
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bot import bootstrap, cli
from bot.nudges import loop

# Names a file with the seconds by which the clock is wrong.
OFFSET = "TEVOET_CHAOS_OFFSET"
NUDGES_EVERY = 1.0


def now() -> datetime:
    """The present moment, by a clock that is wrong."""
    return datetime.now(UTC) + timedelta(seconds=float(Path(os.environ[OFFSET]).read_text()))


if __name__ == "__main__":
    loop.EVERY = NUDGES_EVERY
    cli.running = partial(bootstrap.running, clock=now)  # type: ignore[assignment]
    cli.main()
