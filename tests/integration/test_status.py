"""/healthz and /metrics: well or not, numbers, and nothing about anybody."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.bootstrap import running
from bot.content import Content
from bot.conversation.inbound import Inbound, InboundKind, read_text
from bot.conversation.late_dialogue import LateDialogue
from bot.conversation.turn import Outcome as TurnOutcome
from bot.conversation.turn import Turn
from bot.conversation.understanding import Understanding
from bot.db.encryption import Cipher
from bot.db.repositories import Chats, Outbox
from bot.db.session import make_engine, writing
from bot.metrics import Metrics
from bot.nudges.outcomes import Outcome
from bot.settings import ROOT, Settings
from bot.telegram.status import HOST, Status
from bot.telegram.webhook import serving
from nlu.facts import Facts
from tests.clock import Clock
from tests.integration.fake_dialogue import FakeDialogue

DASHBOARD = ROOT / "docs" / "grafana" / "tevoet.json"
NOOR = 424242
NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


@asynccontextmanager
async def told(
    engine: AsyncEngine,
    cipher: Cipher,
    metrics: Metrics | None = None,
    model_is_there: Callable[[], bool] = lambda: True,
    loops: tuple[asyncio.Task[Any], ...] = (),
) -> AsyncIterator[Callable[[str], Any]]:
    """Gives status and text of a path."""
    status = Status(engine, cipher, metrics or Metrics(), model_is_there, loops)
    async with serving(status.app(), HOST, 0) as port, ClientSession() as session:

        async def get(path: str) -> tuple[int, str]:
            async with session.get(f"http://{HOST}:{port}{path}") as answer:
                return answer.status, await answer.text()

        yield get


def numbers(text: str) -> dict[str, float]:
    """The samples, by name and labels."""
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if not sample.name.endswith("_created")
    }


def turn(*inbounds: Inbound) -> Turn:
    return Turn(NOOR, [1], 1, inbounds)


def outcome(intent: str | None, level: str = "none") -> TurnOutcome:
    crisis = {"level": level, "kind": None, "signals": [], "flags": []}
    return TurnOutcome(Understanding(intent, crisis=crisis), (), (), Facts(NOW))


async def test_all_is_well(engine: AsyncEngine, cipher: Cipher) -> None:
    async with told(engine, cipher) as get:
        assert await get("/healthz") == (200, "")
        assert await get("/") == (404, "")


async def test_without_database_it_is_not_well(cipher: Cipher) -> None:
    async with told(make_engine("sqlite+aiosqlite:////nowhere/at/all.db"), cipher) as get:
        assert await get("/healthz") == (503, "")
        assert await get("/metrics") == (503, "")


async def test_until_the_model_is_there_it_is_not_well(engine: AsyncEngine, cipher: Cipher) -> None:
    async def made() -> FakeDialogue:
        return FakeDialogue()

    late = LateDialogue(made)  # type: ignore[arg-type]
    async with told(engine, cipher, model_is_there=lambda: late.is_there) as get:
        assert await get("/healthz") == (503, "")
        await late.arrive()
        assert await get("/healthz") == (200, "")


async def test_a_loop_that_ended_is_not_well(engine: AsyncEngine, cipher: Cipher) -> None:
    forever = asyncio.create_task(asyncio.sleep(60))
    async with told(engine, cipher, loops=(forever,)) as get:
        assert await get("/healthz") == (200, "")
        forever.cancel()
        await asyncio.wait([forever])
        assert await get("/healthz") == (503, "")


async def test_what_was_counted_and_what_waits(
    engine: AsyncEngine, cipher: Cipher, clock: Clock
) -> None:
    metrics = Metrics()
    one, other = read_text("hoi"), read_text("ik wil dood")
    metrics.turn(turn(one, other), outcome("greet", "act"), 0.03)
    metrics.turn(turn(Inbound(InboundKind.PRESS, "tip:helped")), outcome(None), 0.3)
    metrics.failed()
    metrics.nudged(Counter({Outcome.SEND: 3, Outcome.LATE: 1}))
    async with writing(engine) as session:
        await Outbox(session, cipher).add(NOOR, 1, [{"text": "hoi"}, {"text": "dag"}], clock())
    async with told(engine, cipher, metrics) as get:
        status, text = await get("/metrics")
    found = numbers(text)
    assert status == 200
    assert found["tevoet_messages_total text"] == 2
    assert found["tevoet_messages_total press"] == 1
    assert found["tevoet_intents_total greet"] == 1
    assert found["tevoet_crises_total act"] == 1
    assert not any(name.startswith("tevoet_crises_total none") for name in found)
    assert found["tevoet_turn_seconds_count"] == 2
    assert found["tevoet_turn_seconds_bucket 0.05"] == 1
    assert found["tevoet_turns_failed_total"] == 1
    assert found["tevoet_nudges_total send"] == 3
    assert found["tevoet_outbox_waiting"] == 2


async def test_a_conversation_counts_what_it_handles_and_names_nobody(
    settings: Settings, content: Content
) -> None:
    dialogue = FakeDialogue()
    dialogue.failing["kapot"] = 1
    async with running(settings, dialogue=dialogue, content=content) as app:  # type: ignore[arg-type]
        async with writing(app.engine) as session:
            user = await Chats(session, app.cipher).ensure_user(NOOR, app.clock())
            user.consented_at = app.clock()
        for number, said in enumerate(["zwaluwstaartje", "kapot"]):
            await app.conversation.store([(number, NOOR, read_text(said))])
            await app.conversation.run(Turn(NOOR, [number + 1], number, [read_text(said)]))
        await app.nudges.step()
        text = app.metrics.text(0).decode()
    found = numbers(text)
    assert found["tevoet_messages_total text"] == 1
    assert found["tevoet_turns_failed_total"] == 1
    assert "zwaluwstaartje" not in text and str(NOOR) not in text


def test_every_metric_of_the_dashboard_exists() -> None:
    metrics = Metrics()
    metrics.turn(turn(read_text("hoi")), outcome("greet", "act"), 0.03)
    metrics.nudged(Counter({Outcome.SEND: 1}))
    samples = {name.partition(" ")[0] for name in numbers(metrics.text(0).decode())}
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {name for each in expressions for name in re.findall(r"tevoet_\w+", each)}
    assert named - samples == set()
    # And the other way round: what is counted is shown.
    shown = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in named}
    assert {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in samples} == shown


def test_it_is_off_unless_a_port_is_set(settings: Settings) -> None:
    assert settings.metrics_port is None
