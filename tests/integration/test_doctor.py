"""`tevoet doctor` finds each thing that can be broken, says what to do, and changes nothing."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import tarfile
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.fernet import Fernet
from pydantic import SecretStr
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.cli import main
from bot.conversation.inbound import read_text
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import InboxItem
from bot.db.repositories import Inbox, Incoming
from bot.db.session import make_engine, writing
from bot.doctor import Finding, examine
from bot.settings import Settings
from bot.training import fingerprint
from tests.emulator import Emulator, running_emulator, unauthorized

EVERYTHING = [
    "settings", "disk", "clock", "token", "webhook", "database", "key", "model", "handling",
]  # fmt: skip
HERE, ELSEWHERE = "https://here.example/x", "https://elsewhere.example/x"


@pytest.fixture
async def telegram() -> AsyncIterator[Emulator]:
    async with running_emulator() as emulator:
        yield emulator


@pytest.fixture
async def healthy(
    settings: Settings, telegram: Emulator, stored_at: str, engine: AsyncEngine
) -> Settings:
    """An installation with a model, a database with somebody's words in it, and Telegram."""
    settings.models_dir.mkdir(parents=True)
    with tarfile.open(model_file(settings), "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("nlu"), io.BytesIO())
    whole = settings.model_copy(
        update={
            "telegram_token": SecretStr(telegram.token),
            "telegram_api_url": telegram.api_url,
            "database_url": stored_at,
        }
    )
    async with writing(engine) as session:
        inbox = Inbox(session, Cipher(whole.keys()))
        await inbox.store([Incoming(1, 42, read_text("hoi").as_json())], datetime.now(UTC))
    return whole


def model_file(settings: Settings) -> Path:
    return settings.models_dir / f"tevoet-{fingerprint()}.tar.gz"


async def wrong(settings: Settings) -> dict[str, Finding]:
    """What is broken, by check; neither token nor password may be told."""
    findings = await examine(lambda: settings)
    assert [finding.check for finding in findings] == EVERYTHING
    told = json.dumps([finding.as_json() for finding in findings])
    for secret in (settings.telegram_token, settings.encryption_key):
        assert secret is None or secret.get_secret_value() not in told
    broken = {finding.check: finding for finding in findings if not finding.ok}
    assert all(finding.do for finding in broken.values())
    return broken


async def the_one_that_is_wrong(settings: Settings, check: str) -> Finding:
    broken = await wrong(settings)
    assert broken.keys() == {check}, list(map(str, broken.values()))
    return broken[check]


async def test_a_healthy_installation_is_in_order(healthy: Settings) -> None:
    assert await wrong(healthy) == {}


async def test_a_new_installation_needs_a_token_and_a_model_and_gets_the_rest_by_itself(
    settings: Settings, telegram: Emulator
) -> None:
    new = settings.model_copy(update={"telegram_api_url": telegram.api_url})
    assert (await wrong(new)).keys() == {"token", "webhook", "model"}
    assert not new.data_dir.exists()  # looking makes nothing


async def test_a_bad_setting_is_named_and_ends_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEVOET_MERGE_SECONDS", "geheim")
    with pytest.raises(SystemExit) as ended:
        await asyncio.to_thread(main, ["doctor"])
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert printed.startswith("WRONG settings")
    assert "TEVOET_MERGE_SECONDS" in printed and "geheim" not in printed


async def test_the_command_prints_json_and_ends_with_0_only_when_all_is_well(
    healthy: Settings,
    telegram: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {
        "TELEGRAM_TOKEN": telegram.token,
        "TELEGRAM_API_URL": telegram.api_url,
        "TEVOET_DATA_DIR": str(healthy.data_dir),
        "DATABASE_URL": healthy.database,
    }.items():
        monkeypatch.setenv(name, value)
    codes = []
    for _ in range(2):
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(main, ["doctor", "--json"])
        codes.append(ended.value.code)
        found = json.loads(capsys.readouterr().out)
        assert [each["check"] for each in found] == EVERYTHING
        assert all(each["ok"] for each in found) is (ended.value.code == 0)
        model_file(healthy).unlink(missing_ok=True)
    assert codes == [0, 1]


async def test_a_token_that_telegram_does_not_know(healthy: Settings, telegram: Emulator) -> None:
    for _ in range(2):  # the webhook is asked for after it
        telegram.faults.add(unauthorized(), method="getMe")
    broken = await wrong(healthy)
    assert "@BotFather" in str(broken["token"])


async def test_a_telegram_that_cannot_be_reached(healthy: Settings) -> None:
    alone = healthy.model_copy(update={"telegram_api_url": "http://127.0.0.1:9"})
    broken = await wrong(alone)
    assert broken.keys() == {"clock", "token", "webhook"}
    assert "TELEGRAM_API_URL" in str(broken["token"])


async def test_a_webhook_that_keeps_the_messages_from_this_bot(
    healthy: Settings, telegram: Emulator
) -> None:
    await webhook_is(telegram, ELSEWHERE)
    finding = await the_one_that_is_wrong(healthy, "webhook")
    assert "./tevoet bot" in str(finding)


async def test_a_webhook_that_is_wanted_and_not_set(healthy: Settings, telegram: Emulator) -> None:
    wanting = healthy.model_copy(update={"webhook_url": HERE})
    for at_telegram in ("", ELSEWHERE):
        await webhook_is(telegram, at_telegram)
        finding = await the_one_that_is_wrong(wanting, "webhook")
        assert "--webhook" in str(finding)
    await webhook_is(telegram, HERE)
    assert await wrong(wanting) == {}


async def test_a_webhook_that_telegram_cannot_deliver_to(
    healthy: Settings, telegram: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The emulator keeps no errors of deliveries: here it does."""
    queues = telegram.server._update_queues
    told = {
        "url": HERE,
        "has_custom_certificate": False,
        "pending_update_count": 3,
        "last_error_date": int(time.time()) - 60,
        "last_error_message": "Connection refused",
    }
    monkeypatch.setattr(queues, "info", lambda token: told)
    finding = await the_one_that_is_wrong(
        healthy.model_copy(update={"webhook_url": HERE}), "webhook"
    )
    assert "Connection refused" in finding.said and "3 updates wait" in finding.said


async def webhook_is(telegram: Emulator, url: str) -> None:
    await telegram.server._update_queues.set_webhook(telegram.token, {"url": url})


async def test_a_database_that_is_not_there(healthy: Settings) -> None:
    lost = healthy.model_copy(
        update={"database_url": "postgresql+asyncpg://noor:geheim@127.0.0.1:9/tevoet"}
    )
    broken = await wrong(lost)
    assert broken.keys() == {"database", "key", "handling"}
    assert "DATABASE_URL" in str(broken["database"])
    assert "geheim" not in "".join(map(str, broken.values()))


@pytest.mark.parametrize(
    ("revision", "advice"), [("0001", "./tevoet db upgrade"), ("9999", "newer version")]
)
async def test_a_database_of_another_version(
    healthy: Settings, tmp_path: Path, revision: str, advice: str
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'other.db'}"
    await upgrade(url, "0001" if revision == "0001" else "head")
    engine = make_engine(url)
    async with writing(engine) as session:
        await session.execute(
            text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision}
        )
    await engine.dispose()
    finding = await the_one_that_is_wrong(
        healthy.model_copy(update={"database_url": url}), "database"
    )
    assert advice in str(finding)


async def test_a_file_that_is_no_database(healthy: Settings, tmp_path: Path) -> None:
    (tmp_path / "broken.db").write_bytes(b"no database" * 1000)
    broken = await wrong(
        healthy.model_copy(update={"database_url": f"sqlite+aiosqlite:///{tmp_path}/broken.db"})
    )
    assert broken.keys() == {"database", "key", "handling"}


async def test_a_key_that_opens_nothing_of_what_is_stored(healthy: Settings) -> None:
    other = SecretStr(Fernet.generate_key().decode())
    finding = await the_one_that_is_wrong(
        healthy.model_copy(update={"encryption_key": other}), "key"
    )
    assert "key of before" in str(finding)


async def test_a_key_that_is_none(healthy: Settings) -> None:
    settings = healthy.model_copy(update={"encryption_key": SecretStr("geheim")})
    assert "TEVOET_ENCRYPTION_KEY" in str(await the_one_that_is_wrong(settings, "key"))


async def test_a_key_file_that_is_lost_is_asked_for_and_not_made_anew(healthy: Settings) -> None:
    key_file = healthy.data_dir / "encryption.key"
    key_file.unlink()
    assert "encryption.key" in str(await the_one_that_is_wrong(healthy, "key"))
    assert not key_file.exists()


async def test_a_model_of_other_sources(healthy: Settings) -> None:
    model_file(healthy).rename(healthy.models_dir / "tevoet-0123456789abcdef.tar.gz")
    finding = await the_one_that_is_wrong(healthy, "model")
    assert "other sources" in finding.said and "./tevoet train" in str(finding)


async def test_a_model_that_was_cut_off(healthy: Settings) -> None:
    whole = model_file(healthy).read_bytes()
    model_file(healthy).write_bytes(whole[: len(whole) // 2])
    assert "damaged" in (await the_one_that_is_wrong(healthy, "model")).said


async def test_messages_that_nobody_handles(healthy: Settings, engine: AsyncEngine) -> None:
    await waits(engine, timedelta(minutes=7))
    found = await the_one_that_is_wrong(healthy, "handling")
    assert found.said == "updates wait: 1, the oldest for 7 minutes"
    assert "./tevoet worker" in str(found.do)


async def test_a_message_that_is_to_be_tried_again_later_is_in_order(
    healthy: Settings, engine: AsyncEngine
) -> None:
    await waits(engine, timedelta(minutes=7), again=datetime.now(UTC) + timedelta(minutes=9))
    assert await wrong(healthy) == {}


async def waits(engine: AsyncEngine, long: timedelta, again: datetime | None = None) -> None:
    """What came in has waited so long, and may be tried again then."""
    values = {"received_at": datetime.now(UTC) - long}
    async with writing(engine) as session:
        await session.execute(
            update(InboxItem).values(values | ({"not_before": again} if again else {}))
        )


async def test_a_clock_that_is_an_hour_ahead(healthy: Settings) -> None:
    """Telegram's clock stands an hour behind, which is the same."""

    async def long_ago(request: web.Request) -> web.Response:
        return web.Response(headers={"Date": "Sun, 22 Nov 2026 21:00:00 GMT"})

    app = web.Application()
    app.router.add_route("*", "/", long_ago)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        broken = await wrong(healthy.model_copy(update={"telegram_api_url": url}))
    finally:
        await runner.cleanup()
    assert "ahead" in broken["clock"].said and "timedatectl" in str(broken["clock"])


async def test_a_disk_that_is_full(healthy: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024**2))
    assert "Make room" in str(await the_one_that_is_wrong(healthy, "disk"))


async def test_a_data_folder_that_may_not_be_written_to(
    healthy: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tests may run as root, who may write everywhere.
    monkeypatch.setattr("os.access", lambda path, *_: path != healthy.data_dir)
    assert "chown" in str(await the_one_that_is_wrong(healthy, "disk"))
