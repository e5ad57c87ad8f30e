"""A Telegram that takes every message after a moment, as a process of its own.

It answers on loopback only, prints its port, and ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import itertools
import sys

from aiohttp import web

# The way to Telegram and back.
SECONDS = 0.05
BOT = {"id": 7, "is_bot": True, "first_name": "TeVoet", "username": "tevoet_bench_bot"}
_ids = itertools.count(1)


async def answer(request: web.Request) -> web.Response:
    """Whatever is called: a bot, or a message that was taken."""
    await asyncio.sleep(SECONDS)
    if request.path.lower().endswith("getme"):
        return web.json_response({"ok": True, "result": BOT})
    await request.read()
    message = {"message_id": next(_ids), "date": 0, "chat": {"id": 1, "type": "private"}}
    return web.json_response({"ok": True, "result": message})


async def main() -> None:
    """Serve until the input ends."""
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
