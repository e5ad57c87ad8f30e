"""./tevoet stats: what happened over all users, and nobody to be found in it."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread
from rich.console import Console
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import cli
from bot.bootstrap import now
from bot.content import Content
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import CheckinEntry, GivenTipRow
from bot.db.repositories import Chats, Roleplays, TipGiven
from bot.db.session import make_engine, writing
from bot.statistics import counting
from bot.statistics.counting import AT_LEAST, FEW, WITHHELD, cell, gather, period, tip_row, total
from bot.statistics.view import draw, tables

# A Wednesday; the last whole week ended on Sunday the 22nd.
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SUNDAY, MONDAY = date(2026, 11, 22), date(2026, 8, 31)
MANY, FEWER = range(1, 1 + AT_LEAST), range(1, AT_LEAST)


class Past:
    """Lets things have happened."""

    def __init__(self, engine: AsyncEngine, cipher: Cipher) -> None:
        self._engine, self._cipher = engine, cipher

    async def people(self, *chats: int) -> None:
        async with writing(self._engine) as session:
            for chat in chats:
                await Chats(session, self._cipher).ensure_user(chat, NOW)

    async def tips(
        self, chats: Sequence[int], concern: str | None, helped: bool | None = None,
        at: datetime = NOW - timedelta(days=7),
    ) -> None:  # fmt: skip
        async with writing(self._engine) as session:
            for chat in chats:
                sealed = self._cipher.seal({"concern": concern, "reasons": []})
                row = {"chat_id": chat, "tip_id": "a", "sealed": sealed, "helped": helped}
                await session.execute(insert(GivenTipRow).values(**row, given_at=at))

    async def checkins(self, chats: Sequence[int], day: date, score: int | None = 5) -> None:
        async with writing(self._engine) as session:
            for chat in chats:
                row = {"chat_id": chat, "day": day, "score": score, "stage": "done"}
                await session.execute(insert(CheckinEntry).values(**row, started_at=NOW))

    async def plays(self, chats: Sequence[int], case: str, ending: str | None = "calm") -> None:
        async with writing(self._engine) as session:
            for chat in chats:
                await Roleplays(session, self._cipher).add_result(
                    chat, {"scenario": case, "ending": ending}, NOW - timedelta(days=7)
                )


@pytest.fixture
async def past(engine: AsyncEngine, cipher: Cipher) -> Past:
    past = Past(engine, cipher)
    await past.people(*range(1, 20))
    return past


async def test_what_enough_people_did_is_told_and_what_fewer_did_is_not(
    past: Past, engine: AsyncEngine, cipher: Cipher, content: Content
) -> None:
    await past.tips([*MANY, *MANY], "lied_to", helped=True)
    await past.tips(MANY, "lied_to")
    await past.tips(FEWER, "cheated_on")
    await past.checkins(MANY, SUNDAY)
    await past.checkins(FEWER, SUNDAY - timedelta(days=7))
    await past.plays(MANY, "etentjes")
    await past.plays(FEWER, "omgang")
    told = await gather(engine, cipher, content, NOW)

    rows = {row.concern: row for row in told.tips}
    assert len(rows) == len(content.concerns)
    lied, cheated = (rows[content.concerns[name].label] for name in ("lied_to", "cheated_on"))
    assert (str(lied.given), str(lied.helped)) == ("15", "10")
    assert (str(cheated.given), str(cheated.helped)) == (FEW, FEW)
    assert [str(week) for week in told.checkins.values()][-2:] == [FEW, "5"]
    assert told.plays[content.scenarios["etentjes"].title].number == 5
    assert told.plays[content.scenarios["omgang"].title].number is None


async def test_whole_weeks_count_and_nothing_before_or_after_them(
    past: Past, engine: AsyncEngine, cipher: Cipher, content: Content
) -> None:
    assert period(NOW.date()) == (MONDAY, SUNDAY)
    assert period(SUNDAY) == (MONDAY - timedelta(7), SUNDAY - timedelta(7)), "today is not over"
    begin = datetime(2026, 8, 31, tzinfo=UTC)
    end = datetime(2026, 11, 23, tzinfo=UTC)
    instant = timedelta(microseconds=1)
    for at in (begin - instant, begin, end - instant, end):
        await past.tips(MANY, "lied_to", at=at)
    for day in (MONDAY - timedelta(1), MONDAY, SUNDAY, SUNDAY + timedelta(1)):
        await past.checkins(MANY, day)
    told = await gather(engine, cipher, content, NOW)
    assert total(row.given for row in told.tips).number == 10
    assert [week.number for week in told.checkins.values()] == [5, *[None] * 10, 5]


async def test_what_was_not_brought_to_an_end_does_not_count(
    past: Past, engine: AsyncEngine, cipher: Cipher, content: Content
) -> None:
    await past.checkins(MANY, SUNDAY, score=None)
    await past.plays(MANY, "etentjes", ending=None)
    await past.tips(MANY, None)
    told = await gather(engine, cipher, content, NOW)
    cells = [*told.checkins.values(), *told.plays.values(), *(row.given for row in told.tips)]
    assert {each.number for each in cells} == {None}


# --- nobody is found by taking one number from another ----------------------------

people = st.integers(1, 9)
tips = st.lists(st.builds(TipGiven, people, st.just("x"), st.sampled_from([True, False, None])))


@given(tips)
def test_behind_each_number_and_each_difference_of_a_row_are_enough_people(
    given_tips: list[TipGiven],
) -> None:
    row = tip_row("x", given_tips)
    if row.given.number is not None:
        assert row.given.number == len(given_tips)
        assert len({tip.chat_id for tip in given_tips}) >= AT_LEAST
    else:
        assert row.helped.number is None
    if row.helped.number is not None:
        helped = [tip for tip in given_tips if tip.helped]
        rest = [tip for tip in given_tips if not tip.helped]
        assert (row.helped.number, row.given.number) == (len(helped), len(given_tips))
        assert len({tip.chat_id for tip in helped}) >= AT_LEAST
        assert len({tip.chat_id for tip in rest}) >= AT_LEAST, "given less helped would tell these"


@given(st.lists(st.lists(people)))
def test_a_total_is_the_same_whatever_is_in_the_cells_that_are_not_told(
    groups: list[list[int]],
) -> None:
    cells = [cell(group) for group in groups]
    emptied = [
        cell(group if c.number is not None else []) for group, c in zip(groups, cells, strict=True)
    ]
    assert total(cells) == total(emptied)
    told = [c.number for c in cells if c.number is not None]
    assert total(cells).number == (sum(told) or None)


def test_many_times_by_few_people_is_not_told() -> None:
    assert cell([1, 2, 3, 4] * 100).number is None
    assert cell([1, 2, 3, 4, 5]).number == 5


def test_how_often_it_helped_is_withheld_where_it_would_tell_on_the_few_whom_it_did_not() -> None:
    helped = [TipGiven(chat, "x", True) for chat in range(1, 21)]
    row = tip_row("x", [*helped, TipGiven(21, "x", False)])
    assert (str(row.given), str(row.helped)) == ("21", WITHHELD)


# --- to look at ----------------------------------------------------------------------


async def test_tables_and_picture_show_the_same_and_no_number_that_is_not_told(
    past: Past, engine: AsyncEngine, cipher: Cipher, content: Content
) -> None:
    await past.tips([*MANY, *MANY, *MANY], "lied_to")
    await past.tips([1] * 77, "cheated_on")
    await past.checkins([2] * 88, SUNDAY)
    told = await gather(engine, cipher, content, NOW)
    console = Console(file=io.StringIO(), width=120)
    console.print(tables(told, content))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "31 augustus 2026" in text and "22 november 2026" in text
    assert re.search(rf"{content.concerns['lied_to'].label} *│ *15 ", text)
    assert re.search(rf"{content.concerns['cheated_on'].label} *│ *<5 ", text)
    assert not re.search(r"\b(77|88|92|103)\b", text)
    picture = imread(io.BytesIO(draw(told, content)))
    assert picture.shape[:2] == (1440, 1080)


def test_the_command_prints_tables_and_draws_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    key = Fernet.generate_key()
    monkeypatch.setenv("TEVOET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TEVOET_ENCRYPTION_KEY", key.decode())
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")

    async def a_week_ago() -> None:
        url = f"sqlite+aiosqlite:///{tmp_path / 'test.db'}"
        await upgrade(url)
        engine = make_engine(url)
        past = Past(engine, Cipher([key]))
        await past.people(*MANY)
        await past.tips([*MANY] * 111, "lied_to", at=now() - timedelta(days=7))
        await engine.dispose()

    asyncio.run(a_week_ago())
    with pytest.raises(SystemExit) as ended:
        cli.main(["stats", "--picture", str(tmp_path / "picture.png")])
    assert ended.value.code == 0
    assert "555" in capsys.readouterr().out
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert counting.WEEKS == 12
