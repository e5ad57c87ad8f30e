"""What a run left behind: rows and replies, without what differs between any two runs."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date

from bot.content import Content
from bot.conversation.emergency import Emergency
from bot.db.encryption import Cipher
from bot.db.models import Base, Moment
from bot.db.repositories.rows import Rows
from bot.db.session import make_engine, reading
from nlu.lexicon import Lexicon
from tests.e2e.process import BotProcess
from tests.e2e.wording import Wording
from tests.emulator import BotMessage

# Numbers of rows and messages, which depend on who came first, and how often something was tried.
LEFT_OUT = {
    "id", "message_id", "attempts", "error", "not_before", "exercise_row", "agreement_id",
    "sealed",
}  # fmt: skip
# How long ago something was counts in these reasons for a tip: by a clock that jumps it differs.
TIMED = {"given_before"}
# The same inside of what is encrypted.
LEFT_OUT_INSIDE = {"timestamp", "message_id", "row", "exercise_row", "agreement", "parse_data"}
# Telegram's limit is no state; of what was told once, when is.
NOT_COMPARED = {"send_limits"}
MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(T[\d:.+Z]+)?$")
PAGE = 500


@dataclass
class State:
    """What a run left behind.

    Args:
        rows: of each table, as text, in a fixed order.
        replies: of each chat, what it got to read in answer, in order.
        nudges: how often each of the moments at which a nudge was due brought one.
        apologies: how many there were.
        helped_at_once: how often help lines came past the queue, for nothing could be stored.
        twice: how many answers came twice.
        updates: status of each update.
    """

    rows: dict[str, list[str]] = field(default_factory=dict)
    replies: dict[int, list[str]] = field(default_factory=dict)
    nudges: list[int] = field(default_factory=list)
    apologies: int = 0
    helped_at_once: int = 0
    twice: int = 0
    updates: dict[int, str] = field(default_factory=dict)


async def rows_of(bot: BotProcess, keys: list[bytes]) -> dict[str, list[str]]:
    """All rows of a bot's database, decrypted, without moments and numbers."""
    cipher = Cipher(keys)
    engine = make_engine(f"sqlite+aiosqlite:///{bot.data_dir / 'tevoet.db'}")
    found: dict[str, list[str]] = {}
    async with reading(engine) as session:
        for table in Base.metadata.sorted_tables:
            if table.name in NOT_COMPARED:
                continue
            whens = {c.name for c in table.columns if isinstance(c.type, Moment | Date)}
            lines = []
            async for page in Rows(session).pages(table, PAGE):
                for row in page:
                    if table.name == "outbox" and (row["kind"] != "reply" or row["turn_id"] < 0):
                        continue
                    kept = {k: v for k, v in row.items() if k not in LEFT_OUT | whens}
                    if row.get("sealed"):
                        kept["sealed"] = _plain(cipher.open(row["sealed"]))
                    lines.append(json.dumps(kept, sort_keys=True, ensure_ascii=False))
            found[table.name] = sorted(lines)
    await engine.dispose()
    return found


def _plain(value: Any) -> Any:
    """What was encrypted, without moments and numbers of rows."""
    match value:
        case dict():
            return {k: _plain(v) for k, v in value.items() if k not in LEFT_OUT_INSIDE}
        case [str() as reason, float()] if reason in TIMED:
            return [reason]
        case list():
            return [_plain(one) for one in value]
        case str() if MOMENT.match(value):
            return "moment"
        case datetime() | date():
            return "moment"
        case float():
            return round(value, 6)
        case _:
            return value


def read_once(messages: list[BotMessage]) -> tuple[list[str], int]:
    """What was read, and how many of it came twice: the very same again, one after the other."""
    texts: list[str] = []
    twice = 0
    for message in messages:
        if texts and texts[-1] == _shown(message):
            twice += 1
        else:
            texts.append(_shown(message))
    return texts, twice


def _shown(message: BotMessage) -> str:
    return f"{message.text} [{' | '.join(message.labels)}]"


def help_lines(content: Content) -> str:
    """The lines that come at once when nothing can be stored, as they are read."""
    text = Emergency(content, Lexicon.load()).reply(None).text
    return html.unescape(re.sub(r"</?\w+[^>]*>", "", text)).strip()


def is_apology(message: BotMessage, wording: Wording) -> bool:
    """Whether a message says that something failed."""
    return any(wording.says(message, key) for key in ("failed", "failed_for_good"))
