"""The long form: `python -m tests.chaos --messages 2000 --kills 50`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from bot.content import load
from bot.settings import read_settings
from bot.training import trained_model
from tests.e2e.process import BotProcess
from tests.emulator import Emulator

from .run import Plan, compared

MODULE = "tests.chaos.bot"


def main() -> int:
    """Read the arguments, run, and print a table; 0 is all well, 1 is not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--chats", type=int, default=20)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    model = trained_model(read_settings().models_dir)
    if model is None:
        raise SystemExit("train the model first: ./tevoet train")
    plan = Plan(options.chats, options.messages // options.chats, options.kills, options.seed)
    with tempfile.TemporaryDirectory() as folder:

        def make(telegram: Emulator, settings: dict[str, str]) -> BotProcess:
            place = Path(tempfile.mkdtemp(dir=folder))
            return BotProcess(place, telegram, model, settings=settings, module=MODULE)

        report = asyncio.run(compared(plan, make, Path(folder), load()))
    print(report)
    for line in report.wrong:
        print(f"WRONG: {line}")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
