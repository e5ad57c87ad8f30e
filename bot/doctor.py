"""`tevoet doctor`: what an installation needs, looked at one by one; it changes nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import tarfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import httpx
from sqlalchemy import make_url
from telegram import Bot, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from bot.db.encryption import Cipher, DecryptionError
from bot.db.migrate import revisions
from bot.db.repositories import Checkup
from bot.db.session import make_engine, reading
from bot.db.trouble import TROUBLE
from bot.settings import KEY_FILE, Settings, SettingsError, read_settings
from bot.telegram.client import client_options
from bot.training import trained_model
from bot.workers.jobs import SCHEMA
from bot.workers.worker import DEAD_AFTER
from nlu.facts import DEFAULT_ZONE

ROOM_NEEDED = 1024**3  # bytes: a model in the making, and some weeks of logs
CLOCK_MAY_DIFFER = timedelta(seconds=30)
PATIENCE = 15.0  # seconds for each check
RECENT = timedelta(hours=1)
WAITED_TOO_LONG = timedelta(minutes=5)  # a start, with its model, takes less than one


class BrokenError(Exception):
    """Something is wrong: what, and what to do about it."""

    def __init__(self, said: str, do: str) -> None:
        super().__init__(said)
        self.said, self.do = said, do


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to; `do` says what to do, None when it is in order."""

    check: str
    ok: bool
    said: str
    do: str | None = None

    def as_json(self) -> dict[str, Any]:
        """For a program."""
        return asdict(self)

    def __str__(self) -> str:
        line = f"{'OK' if self.ok else 'WRONG':<6}{self.check:<10}{self.said}"
        return f"{line}. {self.do}" if self.do else line


T = TypeVar("T")
Check = Callable[[Settings], Awaitable[str]]


async def examine(read: Callable[[], Settings] = read_settings) -> list[Finding]:
    """Look at everything, in the order in which it should be mended.

    Args:
        read: gives the settings; without good ones nothing else can be looked at.
    """
    try:
        settings = read()
    except SettingsError as error:
        do = "Mend it in .env or in the environment; README lists the settings"
        return [Finding("settings", False, str(error), do)]
    where = f"data in {settings.data_dir}"
    return [
        Finding("settings", True, where),
        *[await _look(name, check, settings) for name, check in CHECKS.items()],
    ]


async def _look(name: str, check: Check, settings: Settings) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            return Finding(name, True, await check(settings))
    except BrokenError as error:
        return Finding(name, False, error.said, error.do)
    except Exception as error:
        # The type only: the words of an error may hold a password or a token.
        said = f"could not be looked at ({type(error).__name__})"
        return Finding(name, False, said, "Mend what is above it first, then ask again")


async def _disk(settings: Settings) -> str:
    folder = settings.data_dir
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise BrokenError(
            f"{folder} may not be written to", "Give it to the user that runs the bot (chown)"
        )
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**3:.1f} GB free"
    if free < ROOM_NEEDED:
        raise BrokenError(said, "Make room: a gigabyte at least")
    return said


async def _clock(settings: Settings) -> str:
    try:
        ZoneInfo(DEFAULT_ZONE)
    except ZoneInfoNotFoundError:
        raise BrokenError("time zones are missing", "Set everything up again: uv sync") from None
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.head(settings.telegram_api_url)
        theirs = parsedate_to_datetime(answer.headers["date"])
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise BrokenError(
            f"could not be compared with Telegram's ({type(error).__name__})",
            "See whether this machine reaches TELEGRAM_API_URL",
        ) from None
    ahead = datetime.now(UTC) - theirs
    if abs(ahead) > CLOCK_MAY_DIFFER:
        said = f"{abs(ahead).total_seconds():.0f} s {'ahead' if ahead > timedelta(0) else 'behind'}"
        raise BrokenError(said, "Let the machine set its clock: timedatectl set-ntp true")
    return "goes with Telegram's"


def _bot(settings: Settings) -> Bot:
    if settings.telegram_token is None:
        raise BrokenError(
            "TELEGRAM_TOKEN is missing; only ./tevoet chat works",
            "README, On Telegram, says how to get one",
        )
    token = settings.telegram_token.get_secret_value()
    return Bot(**client_options(token, settings.telegram_api_url))


async def _token(settings: Settings) -> str:
    bot = _bot(settings)
    try:
        async with bot:
            return f"belongs to @{bot.username}"
    except InvalidToken:
        raise BrokenError(
            "Telegram does not know TELEGRAM_TOKEN", "Copy it again from @BotFather"
        ) from None
    except TelegramError as error:
        raise BrokenError(
            f"Telegram cannot be asked ({type(error).__name__})",
            "See whether this machine reaches TELEGRAM_API_URL",
        ) from None


async def _webhook(settings: Settings) -> str:
    async with _bot(settings) as bot:
        info = await bot.get_webhook_info()
    if settings.webhook_url is None and info.url:
        raise BrokenError(
            "Telegram sends to a webhook, and WEBHOOK_URL is empty",
            "Another program may use this token; ./tevoet bot takes the webhook away",
        )
    if settings.webhook_url is None:
        return f"none, the bot polls; {_waiting(info)}"
    if info.url != settings.webhook_url:
        raise BrokenError(
            f"Telegram does not send to WEBHOOK_URL; {_waiting(info)}",
            "./tevoet bot --webhook sets it; without --webhook leave WEBHOOK_URL empty",
        )
    failed = info.last_error_date
    if failed and datetime.now(UTC) - failed < RECENT:
        raise BrokenError(
            f"Telegram could not deliver: {info.last_error_message}; {_waiting(info)}",
            "See whether the bot runs, and what stands between it and the internet",
        )
    return f"set; {_waiting(info)}"


def _waiting(info: WebhookInfo) -> str:
    return f"{info.pending_update_count} updates wait at Telegram"


async def _database(settings: Settings) -> str:
    if _not_made(settings):
        return "not there yet, made at the first start"
    try:
        revision = await _read(settings, Checkup.revision)
    except TROUBLE as error:
        kind = make_url(settings.database).get_backend_name()
        raise BrokenError(
            f"the {kind} database cannot be read ({type(error).__name__})",
            "See whether it runs and whether DATABASE_URL is right",
        ) from None
    known = revisions()
    if revision is None:
        return "empty, filled at the first start"
    if revision not in known:
        raise BrokenError(
            f"revision {revision} is of a newer version of TeVoet",
            "Start that version, or put a backup back",
        )
    if revision != known[0]:
        raise BrokenError(f"revision {revision}, and {known[0]} is needed", "./tevoet db upgrade")
    return f"revision {revision}, the newest"


def _not_made(settings: Settings) -> bool:
    """Whether the database is a file that is not there yet: looking would make it."""
    url = make_url(settings.database)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


async def _read(settings: Settings, ask: Callable[[Checkup], Awaitable[T]]) -> T:
    engine = make_engine(settings.database)
    try:
        async with reading(engine) as session:
            return await ask(Checkup(session))
    finally:
        await engine.dispose()


async def _key(settings: Settings) -> str:
    sealed = [] if _not_made(settings) else await _read(settings, Checkup.sealed)
    if settings.encryption_key is None and not (settings.data_dir / KEY_FILE).exists():
        if sealed:
            raise BrokenError(
                f"{KEY_FILE} is gone, and there are words that only it opens",
                f"Put {KEY_FILE} back in the data folder, or set TEVOET_ENCRYPTION_KEY",
            )
        return "none yet, made at the first start"
    try:
        cipher = Cipher(settings.keys())
    except SettingsError as error:
        raise BrokenError(str(error), "Put the key back; ./tevoet key makes a new one") from None
    try:
        for value in sealed:
            cipher.open(value)
    except DecryptionError:
        raise BrokenError(
            "does not open what is stored",
            "Add the key of before behind it, with a comma between (TEVOET_ENCRYPTION_KEY)",
        ) from None
    return f"opens what is stored ({len(sealed)} tried)" if sealed else "good; nothing stored yet"


async def _handling(settings: Settings) -> str:
    if _not_made(settings):
        return "nothing came in yet"
    now = datetime.now(UTC)
    count, oldest = await _read(settings, lambda checkup: checkup.waiting(now))
    silent = timedelta(seconds=DEAD_AFTER)
    workers = await _read(settings, lambda checkup: checkup.workers(SCHEMA, silent))
    live = "" if workers is None else f"; workers alive: {workers}"
    if oldest and now - oldest > WAITED_TOO_LONG:
        minutes = (now - oldest) // timedelta(minutes=1)
        raise BrokenError(
            f"updates wait: {count}, the oldest for {minutes} minutes{live}",
            "See whether ./tevoet bot runs, or with ./tevoet webhook a ./tevoet worker",
        )
    return f"updates wait: {count}{live}"


async def _model(settings: Settings) -> str:
    path = trained_model(settings.models_dir)
    if path is None:
        others = list(settings.models_dir.glob("tevoet-*.tar.gz"))
        said = "of other sources than these" if others else "not trained yet"
        raise BrokenError(said, "./tevoet train (half an hour)")
    try:
        await asyncio.to_thread(_unpack, path)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise BrokenError(
            f"{path.name} is damaged ({type(error).__name__})", "Delete it, then ./tevoet train"
        ) from None
    return f"{path.name} fits the sources"


def _unpack(path: Path) -> None:
    """Read a model to its end; it is a compressed archive with a checksum."""
    with tarfile.open(path) as archive:
        archive.getmembers()


CHECKS: dict[str, Check] = {
    "disk": _disk,
    "clock": _clock,
    "token": _token,
    "webhook": _webhook,
    "database": _database,
    "key": _key,
    "model": _model,
    "handling": _handling,
}
