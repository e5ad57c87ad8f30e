"""The settings of an installation, from the environment or a .env file."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.keys import KeyFile, parsed

ROOT = Path(__file__).resolve().parents[1]
KEY_FILE = "encryption.key"
# What Telegram allows, and not so short that it can be guessed.
SECRET = re.compile(r"[A-Za-z0-9_-]{16,256}")


class SettingsError(Exception):
    """A setting has a bad value; the message names it, never its value."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """Where Telegram sends updates to, with which secret, and where that comes out here."""

    url: str
    secret: str = field(repr=False)
    host: str
    port: int

    @property
    def path(self) -> str:
        """Of the address: it is kept by whatever stands in between."""
        return urlsplit(self.url).path or "/"


class Settings(BaseSettings):
    """Typed settings; docs and README list them by their environment names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    telegram_token: SecretStr | None = Field(None, validation_alias="TELEGRAM_TOKEN")
    telegram_api_url: str = Field("https://api.telegram.org", validation_alias="TELEGRAM_API_URL")
    database_url: str | None = Field(None, validation_alias="DATABASE_URL")
    data_dir: Path = Field(ROOT / ".tevoet", validation_alias="TEVOET_DATA_DIR")
    models: Path | None = Field(None, validation_alias="TEVOET_MODELS_DIR")
    encryption_key: SecretStr | None = Field(None, validation_alias="TEVOET_ENCRYPTION_KEY")
    backup_passphrase: Annotated[SecretStr, Field(min_length=12)] | None = Field(
        None, validation_alias="TEVOET_BACKUP_PASSPHRASE"
    )
    contact_url: str | None = Field(None, validation_alias="TEVOET_CONTACT_URL")
    merge_seconds: Annotated[float, Field(ge=0, le=60)] = Field(
        1.5, validation_alias="TEVOET_MERGE_SECONDS"
    )
    webhook_url: str | None = Field(None, validation_alias="WEBHOOK_URL")
    webhook_secret: SecretStr | None = Field(None, validation_alias="WEBHOOK_SECRET")
    webhook_host: str = Field("127.0.0.1", validation_alias="WEBHOOK_HOST")
    webhook_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8443, validation_alias="WEBHOOK_PORT"
    )
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, validation_alias="METRICS_PORT"
    )
    log_level: str = Field("INFO", validation_alias="LOG_LEVEL")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in {"DEBUG", "INFO", "WARNING", "ERROR"}:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str | None) -> str | None:
        if value is None:
            return None
        for given, driver in (
            ("postgresql://", "postgresql+asyncpg://"),
            ("postgres://", "postgresql+asyncpg://"),
            ("sqlite://", "sqlite+aiosqlite://"),
        ):
            if value.startswith(given):
                return driver + value.removeprefix(given)
        if value.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
            return value
        raise ValueError("must start with postgresql:// or sqlite://")

    @field_validator("webhook_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        # Telegram itself wants https; a Bot API server of one's own takes http too.
        if value is not None:
            parts = urlsplit(value)
            if parts.scheme not in {"http", "https"} or not parts.hostname:
                raise ValueError("must be a whole address: https://host/path")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _a_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not SECRET.fullmatch(value.get_secret_value()):
            raise ValueError("must be 16 to 256 letters, digits, _ or -")
        return value

    @property
    def database(self) -> str:
        """The database URL; by default SQLite in the data folder."""
        return self.database_url or f"sqlite+aiosqlite:///{self.data_dir / 'tevoet.db'}"

    @property
    def on_postgres(self) -> bool:
        """Whether several processes can share the database."""
        return self.database.startswith("postgresql")

    def bot_token(self) -> str:
        """The token.

        Raises:
            SettingsError: there is none.
        """
        if self.telegram_token is None:
            raise SettingsError("TELEGRAM_TOKEN: is missing; README says how to get one")
        return self.telegram_token.get_secret_value()

    def webhook(self) -> WebhookSettings:
        """Where Telegram sends updates to.

        Raises:
            SettingsError: address or secret is missing.
        """
        if self.webhook_url is None:
            raise SettingsError("WEBHOOK_URL: is missing; docs/operations.md says how it is used")
        if self.webhook_secret is None:
            raise SettingsError("WEBHOOK_SECRET: is missing; 16 to 256 letters, digits, _ or -")
        return WebhookSettings(
            self.webhook_url,
            self.webhook_secret.get_secret_value(),
            self.webhook_host,
            self.webhook_port,
        )

    @property
    def models_dir(self) -> Path:
        """Where trained models are kept; by default in the data folder."""
        return self.models or self.data_dir / "models"

    def make_data_dir(self) -> None:
        """Make the data folder.

        Raises:
            SettingsError: it cannot be made.
        """
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(f"TEVOET_DATA_DIR: cannot be made ({error.strerror})") from error

    @property
    def key_file(self) -> KeyFile | None:
        """The file that holds the encryption keys, None when the environment does."""
        return None if self.encryption_key else KeyFile(self.data_dir / KEY_FILE)

    @property
    def key_source(self) -> str:
        """Where the encryption keys come from."""
        return "TEVOET_ENCRYPTION_KEY" if self.encryption_key else KEY_FILE

    def keys(self, *, make: bool = True) -> list[bytes]:
        """The encryption keys, newest first; makes a key file when there is none.

        Args:
            make: a missing key file may be made; not when the database was written with another.

        Returns:
            Fernet keys: from TEVOET_ENCRYPTION_KEY (several with commas between), else
            from the key file in the data folder, one a line.

        Raises:
            SettingsError: a key is not a Fernet key, or there is none.
        """
        try:
            good = (
                self._keys_of_file(make)
                if self.encryption_key is None
                else parsed(self.encryption_key.get_secret_value().split(","))
            )
        except ValueError as error:
            raise SettingsError(f"{self.key_source}: not a valid key") from error
        if not good:
            raise SettingsError(f"{self.key_source}: holds no key")
        return good

    def _keys_of_file(self, make: bool) -> list[bytes]:
        file = KeyFile(self.data_dir / KEY_FILE)
        try:
            if not file.exists():
                if not make:
                    raise SettingsError(
                        f"{KEY_FILE}: is missing from {self.data_dir}, and the database was "
                        "written with it; put it back, nothing was changed"
                    )
                self.make_data_dir()
                file.make()
            return file.read()
        except OSError as error:
            raise SettingsError(f"{KEY_FILE}: cannot be read ({error.strerror})") from error


def read_settings(**values: object) -> Settings:
    """Read the settings.

    Args:
        values: settings that go before the environment, by environment name.

    Raises:
        SettingsError: a value is bad; the message names the setting.
    """
    try:
        return Settings(**values)  # type: ignore[arg-type]
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors()
        )
        raise SettingsError(problems) from None
