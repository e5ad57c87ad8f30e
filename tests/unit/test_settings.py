"""The settings of an installation."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.db.encryption import Cipher
from bot.settings import Settings, SettingsError, read_settings

NAMES = (
    "TELEGRAM_TOKEN",
    "TELEGRAM_API_URL",
    "DATABASE_URL",
    "TEVOET_DATA_DIR",
    "TEVOET_MODELS_DIR",
    "TEVOET_ENCRYPTION_KEY",
    "TEVOET_BACKUP_PASSPHRASE",
    "TEVOET_CONTACT_URL",
    "TEVOET_MERGE_SECONDS",
    "LOG_LEVEL",
    "WEBHOOK_URL",
    "WEBHOOK_SECRET",
    "WEBHOOK_HOST",
    "WEBHOOK_PORT",
    "METRICS_PORT",
)


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def settings_with(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return read_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOG_LEVEL", "geheim"),
        ("TEVOET_MERGE_SECONDS", "geheim"),
        ("TEVOET_MERGE_SECONDS", "-77"),
        ("TEVOET_MERGE_SECONDS", "6077"),
        ("DATABASE_URL", "mysql://noor:geheim@localhost/tevoet"),
        ("DATABASE_URL", "geheim"),
        ("TEVOET_BACKUP_PASSPHRASE", "geheim"),
        ("WEBHOOK_URL", "geheim"),
        ("WEBHOOK_URL", "ftp://geheim/x"),
        ("WEBHOOK_SECRET", "geheim"),
        ("WEBHOOK_SECRET", "geheim met spaties en lang genoeg"),
        ("WEBHOOK_PORT", "77777"),
        ("METRICS_PORT", "0"),
    ],
)
def test_a_bad_value_names_the_setting_and_never_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_with(monkeypatch, **{name: value})
    assert name in str(caught.value)
    for secret in ("geheim", "77", value):
        assert secret not in str(caught.value)
    # A traceback would print the cause, which quotes the value.
    assert caught.value.__suppress_context__
    assert caught.value.__cause__ is None


def test_several_bad_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"TEVOET_MERGE_SECONDS.*LOG_LEVEL"):
        settings_with(monkeypatch, TEVOET_MERGE_SECONDS="x", LOG_LEVEL="x")


def test_an_empty_value_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_with(monkeypatch, DATABASE_URL="", TELEGRAM_TOKEN="", LOG_LEVEL="")
    assert settings.telegram_token is None
    assert settings.database.startswith("sqlite+aiosqlite:///")
    assert settings.log_level == "INFO"


def test_a_env_file_is_read_and_the_environment_goes_before_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("LOG_LEVEL=ERROR\nTEVOET_MERGE_SECONDS=3\nOTHER_PROGRAM=1\n")
    settings = settings_with(monkeypatch, TEVOET_MERGE_SECONDS="0")
    assert (settings.log_level, settings.merge_seconds) == ("ERROR", 0.0)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgres://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("postgresql://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("postgresql+asyncpg://u@h/db", "postgresql+asyncpg://u@h/db"),
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite+aiosqlite:///a.db"),
    ],
)
def test_a_database_url_gets_the_driver_that_is_used(
    monkeypatch: pytest.MonkeyPatch, given: str, used: str
) -> None:
    assert settings_with(monkeypatch, DATABASE_URL=given).database == used


def test_without_a_database_url_the_data_folder_holds_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_with(monkeypatch, TEVOET_DATA_DIR=str(tmp_path / "data"))
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path}/data/tevoet.db"


def test_settings_do_not_print_their_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    key = Fernet.generate_key().decode()
    settings = settings_with(monkeypatch, TELEGRAM_TOKEN="123:geheim", TEVOET_ENCRYPTION_KEY=key)
    for printed in (repr(settings), str(settings), str(settings.model_dump())):
        assert "geheim" not in printed
        assert key not in printed


def test_the_first_start_makes_a_key_file_for_the_owner_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = settings_with(monkeypatch, TEVOET_DATA_DIR=str(tmp_path / "new" / "data"))
    [key] = settings.keys()
    path = tmp_path / "new" / "data" / "encryption.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().strip() == key
    assert settings.keys() == [key], "the second start uses the same key"


def test_a_key_file_may_hold_several_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    new, old = Fernet.generate_key(), Fernet.generate_key()
    (tmp_path / "encryption.key").write_bytes(new + b"\n" + old + b"\n")
    assert settings_with(monkeypatch, TEVOET_DATA_DIR=str(tmp_path)).keys() == [new, old]


def test_several_keys_stand_with_commas_between_and_no_key_file_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    new, old = Fernet.generate_key(), Fernet.generate_key()
    settings = settings_with(
        monkeypatch,
        TEVOET_DATA_DIR=str(tmp_path),
        TEVOET_ENCRYPTION_KEY=f"{new.decode()}, {old.decode()}",
    )
    assert settings.keys() == [new, old]
    assert not (tmp_path / "encryption.key").exists()
    sealed = Cipher([old]).seal("hoi")
    assert Cipher(settings.keys()).open(sealed) == "hoi"


@pytest.mark.parametrize("value", ["geheim", ",", "géheim", "geheim," + "A" * 43 + "="])
def test_a_bad_key_names_the_setting_and_never_the_key(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    settings = settings_with(monkeypatch, TEVOET_ENCRYPTION_KEY=value)
    with pytest.raises(SettingsError, match="TEVOET_ENCRYPTION_KEY") as caught:
        settings.keys()
    assert "heim" not in str(caught.value)


@pytest.mark.parametrize("written", ["", "\n", "geheim\n"])
def test_a_key_file_without_a_good_key_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, written: str
) -> None:
    (tmp_path / "encryption.key").write_text(written)
    settings = settings_with(monkeypatch, TEVOET_DATA_DIR=str(tmp_path))
    with pytest.raises(SettingsError, match=r"encryption\.key") as caught:
        settings.keys()
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("missing", ["WEBHOOK_URL", "WEBHOOK_SECRET"])
def test_a_webhook_needs_address_and_secret(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    given = {"WEBHOOK_URL": "https://x.example/hook", "WEBHOOK_SECRET": "s" * 16}
    settings = settings_with(monkeypatch, **given)
    assert settings.webhook().path == "/hook"
    assert "s" * 16 not in repr(settings.webhook())
    monkeypatch.delenv(missing)
    with pytest.raises(SettingsError, match=missing):
        read_settings().webhook()
