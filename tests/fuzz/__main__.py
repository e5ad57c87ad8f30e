"""Let many updates come in and tell what went wrong: 0 is all well, 1 is not."""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from bot import logs
from bot.bootstrap import load_dialogue
from bot.conversation.dialogue import Dialogue
from bot.settings import read_settings

from .world import Findings, world

ANY, REAL, HELD = "any decision", "the real model", "any decision and valid buttons in a hold"


# Each update reads all that is stored of another chat, so a world that grew old is slow.
A_WORLD = 1000


async def run(sort: str, updates: int, seed: int, dialogue: Dialogue | None) -> Findings:
    """Updates of one sort, in as many worlds as they need; each begins with an empty database.

    Args:
        sort: of the updates.
        updates: how many.
        seed: of the first world; the others count on.
        dialogue: the real model; anything at any moment when not given.
    """
    found = Findings()
    for number, done in enumerate(range(0, updates, A_WORLD)):
        some = min(A_WORLD, updates - done)
        with tempfile.TemporaryDirectory() as folder:
            async with world(Path(folder), seed + number, dialogue) as made:
                found += await (made.plays_held(some) if sort == HELD else made.plays(some))
        print(f"  {done + some} of {updates} with {sort}", file=sys.stderr, flush=True)
    return found


def main() -> int:
    """Read the arguments and run; the last part with the real model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--updates", type=int, default=20_000)
    parser.add_argument("--real", type=int, help="so many of them with the real model; default 5%%")
    parser.add_argument("--hold", type=int, default=0, help="so many more while tips are frozen")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logs.configure("ERROR")
    real = options.updates // 20 if options.real is None else options.real
    faults = 0
    sorts = {ANY: options.updates - real, REAL: real, HELD: options.hold}
    for place, (sort, count) in enumerate(sorts.items()):
        if not count:
            continue
        start = time.monotonic()
        dialogue = load_dialogue(read_settings()) if sort == REAL else None
        found = asyncio.run(run(sort, count, options.seed + 1000 * place, dialogue))
        print(
            f"{found.updates} updates with {sort} in "
            f"{time.monotonic() - start:.0f} s: {sum(found.exceptions.values())} exceptions, "
            f"{sum(found.refusals.values())} calls that Telegram refuses, "
            f"{sum(found.trespasses.values())} changes of another chat, "
            f"{sum(found.silences.values())} without an answer, "
            f"{found.held} in a hold with {sum(found.advice_in_hold.values())} tips; "
            f"{sum(found.sent.values())} calls",
            flush=True,
        )
        for fault, times in found.faults.items():
            print(f"  {times} x {fault}", flush=True)
        faults += len(found.faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
