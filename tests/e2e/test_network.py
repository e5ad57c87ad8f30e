"""The running bot speaks to Telegram and to its database, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import URL

from tests.databases import new_database
from tests.emulator import running_emulator

from .person import ANSWER, Person
from .process import BotProcess

# Python tells this hook of every connection and every name that is looked up, whoever asks.
WATCH = """
import sys

def note(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        with open({log!r}, "a") as log:
            print(event, arguments[1], file=log)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        with open({log!r}, "a") as log:
            print(event, arguments[:2], file=log)

sys.addaudithook(note)
"""


@pytest.fixture
def database(postgres: str) -> Iterator[URL]:
    """An empty database on PostgreSQL."""
    with new_database(postgres) as url:
        yield url


async def test_no_connection_but_to_telegram_and_the_database(
    make_bot: Callable[..., BotProcess], database: URL, tmp_path: Path
) -> None:
    log = tmp_path / "connections"
    (tmp_path / "sitecustomize.py").write_text(WATCH.format(log=str(log)))
    url = database.render_as_string(hide_password=False)
    async with running_emulator() as telegram:
        bot = make_bot(telegram, database_url=url, first=tmp_path)
        await bot.start()
        try:
            person = await Person(telegram).onboards()
            await person.tells("ik voel wantrouwen")
            await person.tells(ANSWER)
            await person.tells("/voortgang")
            await person.tells("ik wil niet meer leven")
        finally:
            await bot.stop()
    api = urlsplit(telegram.api_url)
    # A folder of a Unix socket, or a host with a port.
    server = str(database.query.get("host") or f"'{database.host}', {database.port}")
    opened = set(log.read_text().splitlines())
    to_telegram = {line for line in opened if f"'{api.hostname}', {api.port}" in line}
    to_database = {line for line in opened if server in line}
    assert to_telegram
    assert to_database
    assert opened - to_telegram - to_database == set()
