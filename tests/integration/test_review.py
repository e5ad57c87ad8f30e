"""Lines that were not understood: kept of who agreed, read by a person, and gone in time."""

from __future__ import annotations

import asyncio

import pytest
import yaml
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot import review
from bot.content import Content
from bot.conversation.understanding import Understanding
from bot.db.encryption import Cipher
from bot.db.models import ReviewLine
from bot.db.repositories import REVIEW_KEPT, Chats, Review
from bot.db.session import reading, writing
from bot.retention import Retention
from bot.settings import Settings
from tests.clock import Clock
from tests.integration.test_drain import GOVERT, NOOR, Bench, press

VAGUE, DARK, FLAGGED = "het is weer zover", "het hoeft niet meer", "hij leest mijn telefoon"
RANKING = (("feel_mistrust", 0.3), ("lied_to", 0.2), ("smalltalk", 0.1), ("thanks", 0.05))


def understood(**crisis: object) -> Understanding:
    found = {"level": "none", "kind": None, "signals": [], "flags": [], **crisis}
    return Understanding("feel_mistrust", 0.3, RANKING, crisis=found)


@pytest.fixture
async def bench(engine: AsyncEngine, cipher: Cipher, content: Content, clock: Clock) -> Bench:
    bench = Bench(engine, cipher, content, clock)
    bench.dialogue.not_understood |= {
        VAGUE: understood(),
        DARK: understood(level="ask", kind="suicide"),
        FLAGGED: understood(flags=["control"]),
    }
    await bench.onboard(NOOR, GOVERT)
    return bench


async def kept(bench: Bench) -> list[str]:
    async with reading(bench.engine) as session:
        return [line.text for line in await Review(session, bench.cipher).lines()]


async def test_nothing_is_kept_of_who_was_never_asked(bench: Bench) -> None:
    await bench.hears(VAGUE)
    assert await kept(bench) == []


async def test_nothing_is_kept_of_who_looked_and_declined(bench: Bench) -> None:
    await bench.hears(press("do:offer_review"), press("review:no"))
    await bench.hears(VAGUE)
    assert await bench.keys() == ["review_offer", "review_refused", "not_understood"]
    assert await kept(bench) == []


async def test_of_who_agreed_it_is_kept_and_of_nobody_else(bench: Bench) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(VAGUE)
    await bench.hears("dat snap je wel")
    bench.dialogue.not_understood["hm"] = understood()
    await bench.hears("hm", chat=GOVERT)
    assert await bench.keys() == ["review_agreed", "not_understood", "greet"]
    assert await kept(bench) == [VAGUE]


async def test_the_words_stand_encrypted(bench: Bench) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(VAGUE)
    async with reading(bench.engine) as session:
        [row] = await session.scalars(select(ReviewLine))
    assert VAGUE.encode() not in row.sealed
    assert bench.cipher.open(row.sealed)["guesses"] == ["feel_mistrust", "lied_to", "smalltalk"]


@pytest.mark.parametrize("text", [DARK, FLAGGED])
async def test_what_may_be_danger_is_never_kept(bench: Bench, text: str) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(text)
    assert await kept(bench) == []


async def test_during_a_hold_nothing_is_kept(bench: Bench) -> None:
    await bench.hears(press("review:yes"))
    async with writing(bench.engine) as session:
        chats = Chats(session, bench.cipher)
        await chats.set_hold(NOOR, "ask", "violence", "partner", bench.clock())
    await bench.hears(VAGUE)
    assert await kept(bench) == []


async def test_who_stops_finds_nothing_left(bench: Bench) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(VAGUE)
    await bench.hears(press("do:offer_review"), press("review:no"))
    assert await kept(bench) == [VAGUE]
    await bench.hears(press("do:offer_review"), press("review:stop"))
    assert await kept(bench) == []
    await bench.hears(VAGUE)
    assert (await bench.keys())[2:] == [
        "review_stands", "review_left", "review_stands", "review_stopped", "not_understood",
    ]  # fmt: skip
    assert await kept(bench) == []


async def test_taking_all_consent_back_takes_this_one_too(bench: Bench, clock: Clock) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(VAGUE)
    await bench.hears(press(f"withdraw:yes:{int(clock().timestamp())}"))
    await bench.onboard(NOOR)
    await bench.hears(VAGUE)
    assert await kept(bench) == []


async def test_what_nobody_read_is_forgotten_in_time(
    bench: Bench, content: Content, clock: Clock
) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(VAGUE)
    retention = Retention(bench.engine, bench.cipher, content, clock, asyncio.Event())
    clock.advance(seconds=REVIEW_KEPT.total_seconds() - 1)
    await retention.step()
    assert await kept(bench) == [VAGUE]
    clock.advance(seconds=2)
    await retention.step()
    assert await kept(bench) == []


async def test_a_person_reads_lines_and_not_whose_they_are(
    bench: Bench, settings: Settings, stored_at: str
) -> None:
    await bench.hears(press("review:yes"))
    await bench.hears(VAGUE)
    here = settings.model_copy(update={"database_url": stored_at})
    [entry] = yaml.safe_load(await review.listed(here))
    assert entry == {
        "text": VAGUE,
        "intent": "",
        "voice": "adult",
        "guesses": ["feel_mistrust", "lied_to", "smalltalk"],
    }
    assert await kept(bench) == [VAGUE]
    assert VAGUE in await review.listed(here, forget=True)
    assert yaml.safe_load(await review.listed(here)) == []
