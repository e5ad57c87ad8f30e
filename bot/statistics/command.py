"""./tevoet stats: reads its arguments, calls, and prints."""

from __future__ import annotations

import argparse
import asyncio

from rich.console import Console

from bot.bootstrap import now, stored
from bot.content import load
from bot.settings import Settings
from bot.statistics.counting import Statistics, gather
from bot.statistics.view import draw, tables


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Tell what the bot did over all users, as tables and as a picture."""
    content = load()

    async def count() -> Statistics:
        async with stored(settings) as (engine, cipher):
            return await gather(engine, cipher, content, now())

    told = asyncio.run(count())
    Console(highlight=False, markup=False).print(tables(told, content))
    if options.picture:
        options.picture.write_bytes(draw(told, content))
        print(options.picture)
    return 0
