"""/export: all that is kept about one chat, and nothing of another."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Table, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.archive import pack
from bot.content import Content
from bot.conversation.inbound import Inbound, InboundKind
from bot.db.encryption import Cipher
from bot.db.models import Base, Moment
from bot.db.repositories import Chats, Everything, Outbox
from bot.db.repositories.everything import OPENED, SEALED
from bot.db.session import reading, writing
from bot.skills.reply import Reply
from tests.clock import Clock
from tests.integration.test_drain import GOVERT, NOOR, Bench, press

TABLES = [table for table in Base.metadata.sorted_tables if "chat_id" in table.c]
WORD = "<script>zwaluwstaart</script> & co"
NOW = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)


@pytest.fixture
def bench(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> Bench:
    return Bench(engine, cipher, content, clock)


def a_row(table: Table, chat_id: int, cipher: Cipher, word: str) -> dict[str, Any]:
    """A row of a table that could be: each column has a value of its type."""
    row: dict[str, Any] = {}
    for column in table.columns:
        kind = datetime if isinstance(column.type, Moment) else column.type.python_type
        if column.name == "chat_id":
            row[column.name] = chat_id
        elif column.name == SEALED:
            row[column.name] = cipher.seal({"note": word})
        elif column.name == "tip_id":
            row[column.name] = "wat_wel"
        elif kind is datetime:
            row[column.name] = NOW
        elif kind is date:
            row[column.name] = NOW.date()
        elif kind is bool:
            row[column.name] = True
        elif kind is str:
            row[column.name] = "NL" if column.name == "country" else "x"
        elif column.name == "agreement_id":
            row[column.name] = 1_000 + chat_id
        elif column.name != "id":
            row[column.name] = 1
        elif table.name == "agreements":
            row[column.name] = 1_000 + chat_id  # which an event of it names
    return row


async def fill(bench: Bench, chat_id: int, word: str, *, held: bool = False) -> None:
    """One row in every table about a chat; with a hold only when asked for."""
    async with writing(bench.engine) as session:
        for table in TABLES:
            row = a_row(table, chat_id, bench.cipher, word)
            if table.name == "inbox":
                row |= {"status": "handled", "update_id": 1_000 + chat_id}
            if table.name == "outbox":
                row |= {"status": "sent"}
            if table.name == "safety_guides" or (table.name == "safety_holds" and not held):
                continue
            await session.execute(insert(table).values(row))


async def exported(bench: Bench, chat: int = NOOR) -> dict[str, str]:
    """The files of the archive that a chat gets."""
    async with reading(bench.engine) as session:
        replies = [Reply.from_json(r) for _, r in await Outbox(session, bench.cipher).replies(chat)]
    [archive] = [reply.archive for reply in replies if reply.archive]
    with zipfile.ZipFile(io.BytesIO(pack(archive))) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_table_and_column_has_a_name_on_the_page(content: Content, table: Table) -> None:
    named = content.export.tables[table.name].columns
    columns = {OPENED if name == SEALED else name for name in table.columns.keys()} - {"chat_id"}  # noqa: SIM118
    assert columns - set(named) <= content.export.hidden
    assert set(named) <= columns


async def test_the_file_holds_a_row_of_every_table_and_nothing_of_another_chat(
    bench: Bench,
) -> None:
    await fill(bench, NOOR, WORD)
    await fill(bench, GOVERT, "geheim van Govert")
    await bench.hears(press("do:export"))
    files = await exported(bench)
    data = json.loads(files["tevoet.json"])
    assert set(data) == {t.name for t in TABLES} - {"safety_holds", "safety_guides"}
    assert data["checkin_entries"][0][OPENED] == {"note": WORD}
    assert "Govert" not in "".join(files.values())


async def test_the_page_can_be_read_and_runs_nothing(bench: Bench, content: Content) -> None:
    await fill(bench, NOOR, WORD)
    await bench.hears(press("do:export"))
    page = (await exported(bench))["tevoet.html"]
    assert "<script" not in page
    assert "&lt;script&gt;zwaluwstaart&lt;/script&gt; &amp; co" in page
    assert content.tip_by_id["wat_wel"].title in page
    assert "22 november 2026, 21:30" in page  # on the user's clock
    assert "Nederland" in page
    for name, table in content.export.tables.items():
        assert (f"<h2>{table.title}</h2>" in page) is (
            name not in {"safety_holds", "safety_guides"}
        )


async def test_it_is_asked_first_and_may_be_left(bench: Bench) -> None:
    await bench.onboard(NOOR)
    await bench.hears(Inbound(InboundKind.COMMAND, "export"), press("do:export_cancelled"))
    assert await bench.keys() == ["confirm_export", "export_cancelled"]


@pytest.mark.parametrize("level", ["ask", "act"])
async def test_it_works_during_a_hold_and_before_consent(bench: Bench, level: str) -> None:
    async with writing(bench.engine) as session:
        chats = Chats(session, bench.cipher)
        await chats.ensure_user(NOOR, bench.clock())
        await chats.set_hold(NOOR, level, "violence", "partner", bench.clock())
    await bench.hears(press("do:export"))
    data = json.loads((await exported(bench))["tevoet.json"])
    assert data["safety_holds"][0]["kind"] == "violence"


async def test_who_is_unknown_has_next_to_nothing(bench: Bench) -> None:
    async with reading(bench.engine) as session:
        assert await Everything(session, bench.cipher).of_chat(NOOR) == {}


def test_an_archive_is_the_same_each_time_and_survives_the_outbox() -> None:
    files = {"a.txt": "één", "b.json": "{}"}
    reply = Reply.from_json(
        {
            **Reply(("exported",), "x").as_json(),
            "archive": {"name": "a.zip", "files": files},
        }
    )
    assert reply.archive is not None
    assert pack(reply.archive) == pack(reply.archive)
    assert Reply.from_json(reply.as_json()) == reply
