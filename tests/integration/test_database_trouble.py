"""A database or key that fails: a clear word to who runs the bot, and help for who needs it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import event, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from telegram import Update
from telegram.error import NetworkError
from telegram.ext import ExtBot

from bot.bootstrap import running
from bot.cli import main
from bot.content import Content
from bot.conversation import drain
from bot.conversation.inbound import read_text
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.repositories import Chats, Outbox
from bot.db.session import make_engine, reading, writing
from bot.db.trouble import TROUBLE, DatabaseError, reason
from bot.settings import KEY_FILE, Settings, SettingsError
from bot.skills.reply import Reply
from bot.telegram.inbox import Intake, StoringBot
from bot.telegram.sender import Sender
from tests.clock import Clock
from tests.integration.fake_dialogue import FakeDialogue
from tests.integration.test_drain import DANGER, GOVERT, NOOR, Bench, until

LONG = "wat een lang verhaal " * 190
STORY = read_text(LONG)


# --- before anything starts ------------------------------------------------------


async def starts(settings: Settings, **options: Any) -> None:
    """Start and stop, with a model that needs no loading."""
    async with running(settings, dialogue=FakeDialogue(), **options):  # type: ignore[arg-type]
        pass


@pytest.fixture
async def in_use(settings: Settings) -> Settings:
    """An installation whose database holds something encrypted."""
    async with running(settings, dialogue=FakeDialogue()) as app:  # type: ignore[arg-type]
        await app.conversation.store([(1, NOOR, read_text("hoi"))])
    return settings


def files(settings: Settings) -> dict[str, bytes]:
    """Every file of an installation, but what SQLite makes anew at each start."""
    return {
        path.name: path.read_bytes()
        for path in settings.data_dir.iterdir()
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


async def test_without_its_key_a_database_in_use_is_left_alone(in_use: Settings) -> None:
    (in_use.data_dir / KEY_FILE).unlink()
    before = files(in_use)
    with pytest.raises(SettingsError, match=r"encryption.key: is missing .* put it back"):
        await starts(in_use)
    assert files(in_use) == before


@pytest.mark.parametrize(
    "key",
    [Fernet.generate_key(), b"\xff\xfe\x00", b"", b"half a key"],
    ids=["another", "no text", "empty", "half"],
)
async def test_with_another_or_a_broken_key_a_database_in_use_is_left_alone(
    in_use: Settings, key: bytes
) -> None:
    (in_use.data_dir / KEY_FILE).write_bytes(key)
    before = files(in_use)
    with pytest.raises((SettingsError, DatabaseError), match="key"):
        await starts(in_use)
    assert files(in_use) == before


async def test_a_new_key_in_front_of_the_old_one_fits(in_use: Settings) -> None:
    old = (in_use.data_dir / KEY_FILE).read_bytes()
    (in_use.data_dir / KEY_FILE).write_bytes(Fernet.generate_key() + b"\n" + old)
    await starts(in_use)


async def test_a_database_of_a_newer_version_is_left_alone(
    stored_at: str, settings: Settings
) -> None:
    engine = make_engine(stored_at)
    settings = settings.model_copy(update={"database_url": stored_at})

    async def revision(new: str | None = None) -> str:
        async with writing(engine) as session:
            old = await session.scalar(text("SELECT version_num FROM alembic_version"))
            if new:
                await session.execute(
                    text("UPDATE alembic_version SET version_num = :new"), {"new": new}
                )
            return str(old)

    newest = await revision("9999")
    try:
        with pytest.raises(DatabaseError, match=r"newer version .* nothing was changed"):
            await starts(settings)
        assert await revision() == "9999"
    finally:
        await revision(newest)
        await engine.dispose()


@pytest.mark.parametrize(
    "damage",
    [b"no database at all " * 300, b"SQLite format 3\x00" * 300],
    ids=["no database", "half of one"],
)
async def test_a_damaged_file_is_told_of_and_not_overwritten(
    settings: Settings, damage: bytes
) -> None:
    settings.data_dir.mkdir()
    path = settings.data_dir / "tevoet.db"
    path.write_bytes(damage)
    with pytest.raises(DatabaseError, match="damaged"):
        await starts(settings)
    assert path.read_bytes() == damage


async def test_what_is_no_file_or_folder_is_told_of(settings: Settings, tmp_path: Path) -> None:
    (settings.data_dir / "tevoet.db").mkdir(parents=True)
    with pytest.raises(DatabaseError, match="cannot be opened"):
        await starts(settings)
    (tmp_path / "file").write_text("x")
    elsewhere = settings.model_copy(update={"data_dir": tmp_path / "file" / "data"})
    with pytest.raises(SettingsError, match="TEVOET_DATA_DIR: cannot be made"):
        await starts(elsewhere)


async def test_a_server_that_is_not_there_is_told_of(settings: Settings) -> None:
    gone = "postgresql+asyncpg://nobody:secret@127.0.0.1:1/nothing"
    with pytest.raises(DatabaseError, match="no connection") as raised:
        await starts(settings.model_copy(update={"database_url": gone}))
    assert "secret" not in str(raised.value)


def test_the_program_ends_with_a_line_and_a_code_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "tevoet.db").write_bytes(b"no database at all " * 300)
    monkeypatch.setenv("TEVOET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["db", "upgrade"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert "the database cannot be used" in told
    assert "Traceback" not in told


# --- while it runs ---------------------------------------------------------------


@asynccontextmanager
async def pragma(engine: AsyncEngine, statement: str) -> AsyncIterator[None]:
    """Every connection to SQLite is made with a limit."""

    def limit(connection: Any, _: object) -> None:
        connection.cursor().execute(f"PRAGMA {statement}")

    event.listen(engine.sync_engine, "connect", limit)
    await engine.dispose()
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "connect", limit)
        await engine.dispose()


@asynccontextmanager
async def no_server(engine: AsyncEngine) -> AsyncIterator[None]:
    """PostgreSQL ends all connections and takes no other."""
    name = engine.url.database
    server = create_async_engine(
        make_url(engine.url).set(database="postgres"), isolation_level="AUTOCOMMIT"
    )

    async def run(*statements: str) -> None:
        async with server.connect() as connection:
            for statement in statements:
                await connection.execute(text(statement))

    await run(
        f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",
    )
    try:
        yield
    finally:
        await run(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true")
        await server.dispose()


class Trouble:
    """A database that fails in one way, and what the log says of it."""

    def __init__(self, engine: AsyncEngine, way: str) -> None:
        self.engine, self.way = engine, way

    @property
    def told(self) -> str:
        """What the log says."""
        return {"full": "disk is full", "read-only": "only be read", "lost": "no connection"}[
            self.way
        ]

    def begins(self) -> Any:
        """From now on, until it is left."""
        if self.way == "lost":
            return no_server(self.engine)
        return pragma(
            self.engine, {"full": "max_page_count=1", "read-only": "query_only=1"}[self.way]
        )


@pytest.fixture(params=["full", "read-only", "lost"])
async def trouble(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Trouble]:
    """Each way to fail, on a database of its own."""
    if request.param == "lost":
        url = request.getfixturevalue("migrated_postgres")
    else:
        url = f"sqlite+aiosqlite:///{tmp_path / 'trouble.db'}"
        await upgrade(url)
    engine = make_engine(url)
    if request.param == "lost":
        async with writing(engine) as session:
            await session.execute(
                text("TRUNCATE inbox, outbox, users, safety_holds, trackers CASCADE")
            )
    yield Trouble(engine, request.param)
    await engine.dispose()


@pytest.fixture
async def bench(
    trouble: Trouble, cipher: Cipher, content: Content, clock: Clock, monkeypatch: Any
) -> Bench:
    """A conversation on that database."""
    monkeypatch.setattr(drain, "RETRY_WAITS", (clock() - clock(),) * 3)
    bench = Bench(trouble.engine, cipher, content, clock)
    await bench.onboard(NOOR, GOVERT)
    return bench


class Phone:
    """Gets what goes past the database."""

    def __init__(self) -> None:
        self.got: list[tuple[int, str]] = []

    async def send(self, chat_id: int, reply: Reply) -> int:
        self.got.append((chat_id, reply.keys[0]))
        return len(self.got)


def update(number: int, chat: int, said: str) -> Update:
    """A typed text."""
    person = {"id": chat, "is_bot": False, "first_name": "N"}
    private = {"id": chat, "type": "private", "first_name": "N"}
    message = {"message_id": 1, "date": 0, "chat": private, "from": person, "text": said}
    made = Update.de_json({"update_id": number, "message": message}, None)
    assert made is not None
    return made


async def test_danger_and_help_are_answered_once_and_nothing_is_lost(
    trouble: Trouble,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    waiting = (
        update(1, NOOR, LONG), update(2, NOOR, DANGER), update(3, GOVERT, "/hulp"),
        update(4, GOVERT, LONG),
    )  # fmt: skip

    async def fetch(self: object, *args: Any, **options: Any) -> tuple[Update, ...]:
        return waiting

    monkeypatch.setattr(ExtBot, "get_updates", fetch)
    phone, bot = Phone(), StoringBot("7:token", base_url="http://127.0.0.1:1/bot")
    bot.attach(Intake(bench.conversation))
    bench.conversation.emergency.attach(phone.send)
    async with trouble.begins():
        for _ in range(3):
            with pytest.raises(NetworkError):
                await bot.get_updates()
    assert phone.got == [(NOOR, "emergency"), (GOVERT, "help_lines")]
    assert trouble.told in caplog.text
    assert LONG not in caplog.text

    assert await bot.get_updates() == waiting
    for chat in (NOOR, GOVERT):
        bench.conversation.wake(chat)
    await bench.settle()
    assert bench.dialogue.heard.count([DANGER]) == 1
    assert {row.status for row in await bench.inbox()} == {"handled"}


async def test_danger_that_was_stored_already_is_answered_past_the_database(
    trouble: Trouble, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    if trouble.way == "full":
        pytest.skip("what a turn writes fits in the pages that are there")
    phone = Phone()
    bench.conversation.emergency.attach(phone.send)
    failing = trouble.begins()
    bench.dialogue.meanwhile = failing.__aenter__
    await bench.store(DANGER)
    bench.conversation.wake(NOOR)
    await until(lambda: phone.got and trouble.told in caplog.text)
    await failing.__aexit__(None, None, None)

    async def handled() -> bool:
        return {row.status for row in await bench.inbox()} == {"handled"}

    await until(handled)
    assert phone.got == [(NOOR, "emergency")]
    assert bench.dialogue.heard[-1] == [DANGER]


async def test_what_telegram_took_is_not_sent_again_because_it_cannot_be_noted(
    trouble: Trouble, bench: Bench
) -> None:
    sent: list[int] = []
    failing = trouble.begins()

    class Taking:
        async def send_message(self, chat_id: int, *args: Any, **options: Any) -> Any:
            if not sent:
                await failing.__aenter__()
            sent.append(chat_id)
            return type("Message", (), {"message_id": 1})

    async with writing(trouble.engine) as session:
        replies = [Reply(("greet",), "hoi").as_json()]
        await Outbox(session, bench.cipher).add(NOOR, 1, replies, bench.clock())
    sender = Sender(
        Taking(), trouble.engine, bench.cipher, bench.conversation, bench.clock,  # type: ignore[arg-type]
        a_second=None, spacing=bench.clock() - bench.clock(),
    )  # fmt: skip
    run = asyncio.create_task(sender.run())
    await until(lambda: sent)
    await asyncio.sleep(1.5)
    await failing.__aexit__(None, None, None)

    async def noted() -> bool:
        return not await bench.keys()

    await until(noted)
    await sender.stop()
    await run
    assert sent == [NOOR]


async def test_the_conversation_goes_on_when_the_database_is_back(
    trouble: Trouble, bench: Bench
) -> None:
    await bench.hears("een")
    async with trouble.begins():
        with pytest.raises(TROUBLE):
            await bench.conversation.store([(99, NOOR, STORY)])
    await bench.hears("twee")
    assert bench.dialogue.heard == [["een"], ["twee"]]
    async with reading(trouble.engine) as session:
        assert (await Chats(session, bench.cipher).facts(NOOR, bench.clock())).onboarded


def test_a_reason_quotes_no_row() -> None:
    error = sqlite3.IntegrityError("UNIQUE constraint failed: mijn geheim")
    assert reason(error) == "IntegrityError"
