"""The bot as people run it: a process, a data folder and a log."""

from __future__ import annotations

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from bot.settings import ROOT
from tests.emulator import Emulator

LISTENS = "the bot listens"
START_WITHIN = 60.0
STOP_WITHIN = 30.0


class BotProcess:
    """One `tevoet bot`, receiver or worker: stopped, killed and started again on the same data.

    Args:
        folder: for data and log; made when it is not there.
        emulator: the Telegram that it talks to.
        model: the trained model, shared by a link.
        merge_seconds: texts within this time form one turn.
        log_level: of the bot's own log.
        database_url: of another database than the SQLite file in its folder; `rows` and what
            builds on it read that file only.
        first: a folder with modules that Python loads before all others.
        command: of ./tevoet.
        ready: what its log says when it is ready; a bot that polls asks for updates.
        settings: more of its environment.
        module: the program, run with `python -m`.
    """

    def __init__(
        self,
        folder: Path,
        emulator: Emulator,
        model: Path,
        *,
        merge_seconds: float = 0.0,
        log_level: str = "INFO",
        database_url: str | None = None,
        first: Path | None = None,
        command: str = "bot",
        ready: str | None = None,
        settings: Mapping[str, str] | None = None,
        module: str = "bot",
    ) -> None:
        self.emulator = emulator
        self._command, self._module, self._says = command, module, ready
        self.ready = ready or LISTENS
        self.data_dir = folder / "data"
        self.log_file = folder / "bot.log"
        models = self.data_dir / "models"
        models.mkdir(parents=True)
        self.model = models / model.name
        self.model.symlink_to(model)
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": f"{first}{os.pathsep}{ROOT}" if first else str(ROOT),
            "TELEGRAM_TOKEN": emulator.token,
            "TELEGRAM_API_URL": emulator.api_url,
            "TEVOET_DATA_DIR": str(self.data_dir),
            "TEVOET_MERGE_SECONDS": str(merge_seconds),
            "LOG_LEVEL": log_level,
            **(settings or {}),
        }
        if database_url:
            self._environment["DATABASE_URL"] = database_url
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Start it and wait until it is ready."""
        polls = len(self.emulator.log.of("getUpdates"))
        logged = len(self.log) if self.log_file.exists() else 0
        with self.log_file.open("ab") as log:
            # Its own folder: a developer's .env must not be read.
            self._process = subprocess.Popen(  # noqa: ASYNC220 (starting takes no time)
                [sys.executable, "-m", self._module, self._command],
                cwd=self.data_dir,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        for _ in range(int(START_WITHIN / 0.1)):
            if self._says and self._says in self.log[logged:]:
                return
            if not self._says and len(self.emulator.log.of("getUpdates")) > polls:
                return
            if not self.alive:
                break
            await asyncio.sleep(0.1)
        raise AssertionError(f"the bot did not start:\n{self.log}")

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """All that the bot has logged so far."""
        return self.log_file.read_text(encoding="utf-8")

    async def stop(self) -> int:
        """Ask it to end (SIGTERM); gives the exit code."""
        assert self._process is not None
        self._process.terminate()
        return await asyncio.to_thread(self._process.wait, STOP_WITHIN)

    def kill(self) -> None:
        """End it at once (kill -9)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(STOP_WITHIN)

    @contextmanager
    def limited(self, what: int, most: int) -> Iterator[None]:
        """Let the process have no more of something (setrlimit) for a while."""
        assert self._process is not None
        process, none = self._process.pid, resource.RLIM_INFINITY
        with suppress(ProcessLookupError):
            resource.prlimit(process, what, (most, none))
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                resource.prlimit(process, what, (none, none))

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """What stands in the SQLite file, read past the bot."""
        with closing(self._open()) as database:
            return [dict(row) for row in database.execute(query, values)]

    def change(self, statement: str, *values: object) -> None:
        """Damage or mend the SQLite file, past the bot."""
        with closing(self._open()) as database, database:
            database.execute(statement, values)

    async def eventually(self, query: str, *values: object, within: float = 10.0) -> None:
        """Wait until a query gives at least one row."""
        deadline = time.monotonic() + within
        while not self.rows(query, *values):
            assert time.monotonic() < deadline, f"never: {query} {values}"
            await asyncio.sleep(0.05)

    async def all_sent(self, chat_id: int) -> None:
        """Wait until the bot has noted every reply to a chat as sent."""
        waiting = "SELECT 1 FROM outbox WHERE chat_id = ? AND status NOT IN ('sent', 'failed')"
        await self.eventually(f"SELECT 1 WHERE NOT EXISTS ({waiting})", chat_id)

    def rows_about(self, chat_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every row about a chat, by table; tables without any are left out."""
        tables = self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        found = {}
        for table in sorted(table["name"] for table in tables):
            columns = {column["name"] for column in self.rows(f"PRAGMA table_info({table})")}
            if "chat_id" in columns:
                found[table] = self.rows(f"SELECT * FROM {table} WHERE chat_id = ?", chat_id)
        return {table: rows for table, rows in found.items() if rows}

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self.data_dir / "tevoet.db", timeout=10)
        database.row_factory = sqlite3.Row
        return database
