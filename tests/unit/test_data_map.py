"""docs/privacy.md names all that the database can hold."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import Table

from bot.db.models import Base
from bot.settings import ROOT

TEXT = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
ROWS = {
    name: [cell.strip() for cell in cells.split("|")]
    for name, cells in re.findall(r"^\| `(\w+)` \|(.*)\|$", TEXT, re.MULTILINE)
}
# Numbers within a table, and how often something was tried or changed.
TECHNICAL = {"id", "turn_id", "ordinal", "kind", "status", "attempts", "not_before", "version"}


def test_every_table_is_named_and_no_other() -> None:
    assert ROWS.keys() == Base.metadata.tables.keys()


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_of_a_table_about_somebody_is_named(table: Table) -> None:
    columns, purpose, encrypted, how_long = ROWS[table.name]
    assert purpose and encrypted and how_long
    if "chat_id" not in table.c:
        assert columns.startswith("none")
        return
    named = set(re.findall(r"\w+", columns))
    assert {column.name for column in table.columns} - named - TECHNICAL == set()


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_what_is_encrypted_is_said_to_be(table: Table) -> None:
    assert ("yes" in ROWS[table.name][2]) == ("sealed" in table.c)
