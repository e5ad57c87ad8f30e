"""The queries that run on an engine: how long each takes, and how the database finds its rows."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.db.models import Base, SendLimit, TipCount

REPOSITORIES = "repositories"
# SQLite's plans: "SEARCH users USING INDEX ix_users_seen_at (seen_at<?)", "SCAN outbox".
SQLITE_STEP = re.compile(
    r"(?P<how>SCAN|SEARCH) (?P<table>\w+)"
    r"(?: USING (?:(?:COVERING )?INDEX (?P<index>\w+)|(?P<key>INTEGER PRIMARY KEY)))?"
)
KINDS = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
# They do not grow with the number of chats, so all of them is read.
SMALL = {TipCount.__tablename__, SendLimit.__tablename__}
# They hold only what is waiting.
PARTIAL = {
    index.name
    for table in Base.metadata.tables.values()
    for index in table.indexes
    if index.dialect_options["postgresql"]["where"] is not None
}


@dataclass(frozen=True)
class Access:
    """How a plan comes at the rows of a table.

    Args:
        table: the table.
        index: the index that it uses; None without one.
        narrowed: whether only a part is read, of the table or of the index.
    """

    table: str
    index: str | None
    narrowed: bool

    @property
    def scans(self) -> bool:
        """Whether it reads all of something that grows with the number of chats."""
        if self.table in SMALL or self.index in PARTIAL:
            return False
        return self.index is None or not self.narrowed

    def __str__(self) -> str:
        if self.index is None:
            return f"SCANS {self.table}"
        return f"{self.table} by {self.index}{', all of it' if self.scans else ''}"


@dataclass
class Query:
    """One statement of a repository's method, with an example of its values."""

    name: str
    statement: str
    values: Any
    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The median of its times, in seconds."""
        return statistics.median(self.seconds)


@contextmanager
def recorded(engine: AsyncEngine) -> Iterator[dict[str, Query]]:
    """What runs on an engine meanwhile, by statement."""
    queries: dict[str, Query] = {}

    def before(_c: Any, _k: Any, _s: str, _v: Any, context: Any, _m: bool) -> None:
        context.started = time.perf_counter()

    def after(_c: Any, _k: Any, statement: str, values: Any, context: Any, many: bool) -> None:
        seconds = time.perf_counter() - context.started
        if statement.split(maxsplit=1)[0] not in KINDS:
            return
        example = values[0] if many else values
        query = queries.setdefault(statement, Query(_asked_by(), statement, example))
        query.seconds.append(seconds)

    listening = (("before_cursor_execute", before), ("after_cursor_execute", after))
    for name, heard in listening:
        event.listen(engine.sync_engine, name, heard)
    try:
        yield queries
    finally:
        for name, heard in listening:
            event.remove(engine.sync_engine, name, heard)


def _asked_by() -> str:
    """The repository's method that runs this statement.

    SQLAlchemy's async session runs it in a greenlet: its parent is where somebody awaits.
    """
    parent = getcurrent().parent
    frame = parent.gr_frame if parent is not None else None
    while frame is not None:
        code = frame.f_code
        # What repositories share are functions, not methods.
        if REPOSITORIES in code.co_filename and "." in code.co_qualname:
            return code.co_qualname
        frame = frame.f_back
    return "the session"


async def plan(connection: AsyncConnection, query: Query) -> list[Access]:
    """How the database would come at the rows of each table of a query.

    Args:
        connection: to the database that it ran on.
        query: the query.
    """
    if connection.dialect.name == "sqlite":
        explained = await connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {query.statement}", query.values
        )
        found = [SQLITE_STEP.match(row[3]) for row in explained]
        steps = (
            Access(step["table"], step["index"] or step["key"], step["how"] == "SEARCH")
            for step in found
            if step is not None and step["table"] in Base.metadata.tables
        )
        return sorted(steps, key=str)
    explained = await connection.exec_driver_sql(
        f"EXPLAIN (FORMAT JSON) {query.statement}", query.values
    )
    answer = explained.scalar_one()
    (whole,) = json.loads(answer) if isinstance(answer, str) else answer
    return sorted(_accesses(whole["Plan"], None), key=str)


def _accesses(node: dict[str, Any], table: str | None) -> Iterator[Access]:
    """What PostgreSQL's plan comes at, from a node down."""
    table = node.get("Relation Name", table)
    index = node.get("Index Name")
    if index is not None:
        condition = "Index Cond" in node
        yield Access(table or "", index, condition)
    elif node["Node Type"] == "Seq Scan":
        yield Access(table or "", None, False)
    for child in node.get("Plans", ()):
        # A bitmap of an index stands below the table that it is of.
        yield from _accesses(child, table)
