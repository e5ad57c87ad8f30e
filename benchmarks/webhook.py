"""A burst at one receiver: `python -m benchmarks.webhook [--updates 1000] [--connections 100]`.

Starts `tevoet webhook` as a process, with a Telegram of its own on loopback, and brings it as many
updates within one second as are asked for, over as many connections as Telegram opens at most.
Prints how long the start took, when the last update was answered 200, the latency of an answer,
and how many stand in the inbox.

`--database` names an empty database; the default is a new SQLite file.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from aiohttp import ClientError, ClientSession, TCPConnector
from sqlalchemy import func, select

from benchmarks.figures import Figure, tell
from bot.db.models import InboxItem
from bot.db.session import make_engine, reading
from bot.settings import ROOT, read_settings
from bot.telegram.webhook import TOKEN_HEADER

TOKEN, SECRET = "7:token-of-a-benchmark", secrets.token_urlsafe(32)
# Updates are spread over so many seconds.
WITHIN = 1.0
START_WITHIN = 60.0
# When the last of them is to be answered.
LAST_WITHIN = 3.0


def update(number: int) -> dict[str, Any]:
    """A message of somebody's own chat."""
    person = {"id": number, "is_bot": False, "first_name": "Noor"}
    message = {
        "message_id": number,
        "date": int(time.time()),
        "chat": {"id": number, "type": "private", "first_name": "Noor"},
        "from": person,
        "text": "ik vertrouw hem niet meer sinds hij over geld gelogen heeft",
    }
    return {"update_id": number, "message": message}


async def burst(url: str, updates: int, connections: int) -> tuple[list[int], list[float], float]:
    """Bring the updates; statuses, seconds of each answer, seconds until the last."""
    statuses: list[int] = []
    waits: list[float] = []
    headers = {TOKEN_HEADER: SECRET}
    async with ClientSession(connector=TCPConnector(limit=connections), headers=headers) as session:
        start = time.perf_counter()

        async def bring(number: int) -> None:
            await asyncio.sleep(WITHIN * number / updates)
            began = time.perf_counter()
            async with session.post(url, json=update(number + 1)) as answer:
                statuses.append(answer.status)
            waits.append(time.perf_counter() - began)

        await asyncio.gather(*(bring(number) for number in range(updates)))
        return statuses, waits, time.perf_counter() - start


async def until_open(url: str, receiver: subprocess.Popen[bytes]) -> None:
    """Wait until the receiver answers at all."""
    deadline = time.perf_counter() + START_WITHIN
    async with ClientSession() as session:
        while receiver.poll() is None and time.perf_counter() < deadline:
            try:
                async with session.get(url):
                    return
            except ClientError:
                await asyncio.sleep(0.02)
    raise SystemExit("the receiver did not start")


async def stored(database: str) -> int:
    """How many different updates stand in the inbox."""
    engine = make_engine(database)
    async with reading(engine) as session:
        count = await session.scalar(select(func.count(InboxItem.update_id.distinct())))
    await engine.dispose()
    return count or 0


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


async def measure(updates: int, connections: int, database: str | None, folder: Path) -> None:
    """Start, bring, count, print."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/hook"
    settings = read_settings(TEVOET_DATA_DIR=folder, DATABASE_URL=database)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TELEGRAM_TOKEN": TOKEN,
        "TEVOET_DATA_DIR": str(folder),
        "DATABASE_URL": settings.database,
        "WEBHOOK_URL": url,
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_PORT": str(port),
    }
    telegram = subprocess.Popen(  # noqa: ASYNC220 (starting takes no time)
        [sys.executable, "-m", "benchmarks.telegram_server"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert telegram.stdout is not None  # noqa: S101
    telegram_port = (await asyncio.to_thread(telegram.stdout.readline)).decode().strip()
    environment["TELEGRAM_API_URL"] = f"http://127.0.0.1:{telegram_port}"
    start = time.perf_counter()
    receiver = subprocess.Popen(  # noqa: ASYNC220 (starting takes no time)
        [sys.executable, "-m", "bot", "webhook"], cwd=folder, env=environment
    )
    try:
        await until_open(url, receiver)
        print(f"open after {time.perf_counter() - start:.2f} s")
        statuses, waits, took = await burst(url, updates, connections)
        ranked = statistics.quantiles(waits, n=100)
        print(
            f"{updates} updates over {connections} connections within {WITHIN:.0f} s: "
            f"{statuses.count(200)} answered 200, the last after {took:.2f} s; "
            f"an answer took {ranked[49] * 1000:.0f} ms (median), {ranked[98] * 1000:.0f} ms (p99)"
        )
        inbox = await stored(settings.database)
        print(f"{inbox} in the inbox")
        good = took <= LAST_WITHIN and statuses.count(200) == inbox == updates
        value = f"{inbox} stored, {statuses.count(200)} answered 200, the last after {took:.2f} s"
        bound = f"all, within {LAST_WITHIN:.0f} s"
        tell(Figure(f"{updates} updates within {WITHIN:.0f} s", value, bound, good))
    finally:
        receiver.send_signal(signal.SIGTERM)
        receiver.wait(30)
        telegram.terminate()
        telegram.wait(10)


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description="A burst of updates at one receiver.")
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--database", help="an empty database; default: a new SQLite file")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(options.updates, options.connections, options.database, Path(folder)))


if __name__ == "__main__":
    main()
