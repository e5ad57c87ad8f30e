"""The two processes of servers.py, and the Telegram that takes TeVoet's answers."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import yaml
from aiohttp import ClientError, ClientSession, web

from benchmarks.stock_rasa import QUIET
from benchmarks.telegram_server import BOT
from benchmarks.webhook import SECRET, TOKEN, free_port, update
from benchmarks.worker import RSS_UNIT
from bot.settings import ROOT
from bot.telegram.webhook import TOKEN_HEADER

# A chat writes again only when its answers left: Telegram takes one a second.
CHATS = 60
START_WITHIN, ANSWER_WITHIN = 300.0, 60.0
AT_ONCE = 16
ANSWERS = {"sendmessage", "sendphoto", "senddocument", "sendcontact"}
COUNTED = re.compile(rb"^tevoet_turn_seconds_count (\d+)", re.MULTILINE)


class Server(ABC):
    """A process that answers messages over HTTP."""

    name: str

    def __init__(self, session: ClientSession, command: Sequence[str], env: dict[str, str]) -> None:
        self._session, self._port = session, free_port()
        self._command, self._env = command, env
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> float:
        """Start the process; the seconds until it answered its first message."""
        before = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: ASYNC220 (starting takes no time)
            self._command, cwd=ROOT, env=self._env, stdout=subprocess.DEVNULL
        )
        while time.perf_counter() - before < START_WITHIN and self._process.poll() is None:
            try:
                await self.turn("hoi", 1)
            except ClientError:
                await asyncio.sleep(0.02)
            else:
                return time.perf_counter() - before
        raise RuntimeError(f"{self.name} did not start")

    async def end(self) -> float:
        """Let the process end; its peak memory in MB."""
        if self._process is None or self._process.returncode is not None:
            return 0.0
        self._process.send_signal(signal.SIGTERM)
        _, status, usage = await asyncio.to_thread(os.wait4, self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return usage.ru_maxrss / RSS_UNIT

    @abstractmethod
    async def turn(self, text: str, sender: int) -> None:
        """Bring a message and wait for its first answer."""

    @abstractmethod
    async def burst(self, texts: Sequence[str]) -> None:
        """Bring messages of many senders and wait until all were handled."""


class Stock(Server):
    """`rasa run` with the REST channel and the SQL tracker store."""

    name = "stock Rasa"

    def __init__(self, session: ClientSession, model: Path, folder: Path) -> None:
        self._store = folder / "stock.db"
        endpoints, credentials = folder / "endpoints.yml", folder / "credentials.yml"
        # A whole address: from parts Rasa makes one that SQLAlchemy 2 does not take.
        store = {"type": "SQL", "dialect": "sqlite", "url": f"sqlite:///{self._store}"}
        endpoints.write_text(yaml.safe_dump({"tracker_store": store}), encoding="utf-8")
        credentials.write_text("rest:\n", encoding="utf-8")
        super().__init__(session, (), QUIET)
        self._command = (
            str(Path(sys.executable).with_name("rasa")), "run", "--model", str(model),
            "--endpoints", str(endpoints), "--credentials", str(credentials),
            "--interface", "127.0.0.1", "--port", str(self._port), "--quiet",
        )  # fmt: skip

    async def turn(self, text: str, sender: int) -> None:
        """As every server's."""
        url = f"http://127.0.0.1:{self._port}/webhooks/rest/webhook"
        body = {"sender": str(sender), "message": text}
        async with self._session.post(url, json=body) as answer:
            answer.raise_for_status()
            await answer.read()

    async def burst(self, texts: Sequence[str]) -> None:
        """As every server's."""
        at_once = asyncio.Semaphore(AT_ONCE)

        async def bring(number: int, text: str) -> None:
            async with at_once:
                await self.turn(text, 1 + number % CHATS)

        await asyncio.gather(*(bring(number, text) for number, text in enumerate(texts)))

    def stored(self) -> int:
        """How many messages its store holds: Rasa hides that a store fails."""
        with closing(sqlite3.connect(self._store)) as connection:
            counted = connection.execute("SELECT count(*) FROM events WHERE type_name = 'user'")
            return int(counted.fetchone()[0])


class Ours(Server):
    """`tevoet bot --webhook`."""

    name = "TeVoet"

    def __init__(self, session: ClientSession, telegram: Telegram, folder: Path) -> None:
        super().__init__(session, (sys.executable, "-m", "bot", "bot", "--webhook"), QUIET)
        self._telegram, self._metrics_port, self._updates = telegram, free_port(), 0
        self._env = {
            **QUIET,
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_TOKEN": TOKEN,
            "TELEGRAM_API_URL": telegram.address,
            "TEVOET_DATA_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{folder / 'ours.db'}",
            "TEVOET_MERGE_SECONDS": "0",
            "WEBHOOK_URL": f"http://127.0.0.1:{self._port}/hook",
            "WEBHOOK_SECRET": SECRET,
            "WEBHOOK_PORT": str(self._port),
            "METRICS_PORT": str(self._metrics_port),
        }

    async def _bring(self, text: str, sender: int) -> None:
        self._updates += 1
        brought = update(self._updates)
        person = {**brought["message"]["from"], "id": sender}
        chat = {**brought["message"]["chat"], "id": sender}
        brought["message"] |= {"text": text, "from": person, "chat": chat}
        url = f"http://127.0.0.1:{self._port}/hook"
        headers = {TOKEN_HEADER: SECRET}
        async with self._session.post(url, json=brought, headers=headers) as answer:
            answer.raise_for_status()

    async def turn(self, text: str, sender: int) -> None:
        """As every server's."""
        answered = self._telegram.next_to(sender)
        await self._bring(text, sender)
        await asyncio.wait_for(answered, START_WITHIN)

    async def _turns(self) -> int:
        async with self._session.get(f"http://127.0.0.1:{self._metrics_port}/metrics") as answer:
            counted = COUNTED.search(await answer.read())
        return int(counted[1]) if counted else 0

    async def burst(self, texts: Sequence[str]) -> None:
        """As every server's."""
        before = await self._turns()
        await asyncio.gather(
            *(self._bring(text, 1 + number % CHATS) for number, text in enumerate(texts))
        )
        async with asyncio.timeout(ANSWER_WITHIN):
            # Another process counts: there is nothing to be woken by.
            while await self._turns() < before + len(texts):  # noqa: ASYNC110
                await asyncio.sleep(0.02)


class Telegram:
    """A Telegram that takes every message at once and tells who waits for it."""

    def __init__(self) -> None:
        self.address, self._count = "", 0
        self._waiting: dict[int, asyncio.Future[None]] = {}

    def next_to(self, chat_id: int) -> asyncio.Future[None]:
        """Done when the chat gets a message."""
        return self._waiting.setdefault(chat_id, asyncio.get_running_loop().create_future())

    async def answer(self, request: web.Request) -> web.Response:
        """Whatever is called."""
        if request.path.lower().endswith("getme"):
            return web.json_response({"ok": True, "result": BOT})
        method = request.path.rpartition("/")[2].lower()
        chat_id = int((await request.post()).get("chat_id", 0))  # type: ignore[arg-type]
        # That somebody is typing is no answer.
        if method in ANSWERS and (waiting := self._waiting.pop(chat_id, None)):
            waiting.set_result(None)
        self._count += 1
        chat = {"id": chat_id, "type": "private"}
        result = {"message_id": self._count, "date": 0, "chat": chat}
        return web.json_response({"ok": True, "result": result})


@asynccontextmanager
async def telegram() -> AsyncIterator[Telegram]:
    """A Telegram on loopback."""
    taking = Telegram()
    application = web.Application()
    application.router.add_route("*", "/{anything:.*}", taking.answer)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taking.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield taking
    finally:
        await runner.cleanup()
