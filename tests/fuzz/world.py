"""A whole bot, from update to call of Telegram, with the strictest Telegram there is."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import Table, bindparam, select
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Update

from bot.content import Content, load
from bot.conversation import drain
from bot.conversation.drain import Conversation
from bot.conversation.inbound import InboundKind
from bot.conversation.steps import (
    Acknowledge,
    Agreement,
    Ask,
    Bridge,
    Clarify,
    Do,
    Exercise,
    ExplainTip,
    Feedback,
    GiveTip,
    Roleplay,
    Safety,
    Say,
    Step,
)  # fmt: skip
from bot.conversation.turn import Turns
from bot.conversation.understanding import NO_CRISIS, Decision, Understanding
from bot.db.encryption import Cipher
from bot.db.migrate import upgrade
from bot.db.models import Base
from bot.db.repositories import Chats
from bot.db.session import make_engine, reading, writing
from bot.logs import places
from bot.skills.reply import Reply
from bot.telegram import sender as sending
from bot.telegram.inbound import read_update
from bot.telegram.sender import Sender
from nlu.facts import Facts
from nlu.lexicon import Level, Lexicon
from tests.clock import Clock
from tests.emulator.entities import TelegramRefusal
from tests.emulator.limits import check, silent_losses

from .updates import Updates, press, shown_by, typed

PEOPLE = (11, 12, 13, 14)
START = datetime(2026, 11, 22, 20, 30, tzinfo=UTC)
# Drawing takes as long as a hundred turns: one in so many is drawn.
DRAWN = 25
# What may not come up in a hold, by how the keys of its messages begin.
FROZEN = (
    "tip.", "why.", "ask.", "bridge.", "acknowledge.", "exercise", "roleplay", "scene", "checkin",
    "agreement", "schedule", "progress",
)  # fmt: skip
# Buttons that lead further into what was begun.
ONWARD = ("exercise:side:", "exercise:option:", "agreement:note:", "checkin:score:7", "play:begin:")
# Rows of a chat that another chat's turn may not change.
OF_CHATS = [table for table in Base.metadata.sorted_tables if "chat_id" in table.c]


@dataclass
class Findings:
    """What went wrong, by what it was; both empty when all is well."""

    updates: int = 0
    exceptions: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    trespasses: Counter[str] = field(default_factory=Counter)
    silences: Counter[str] = field(default_factory=Counter)
    advice_in_hold: Counter[str] = field(default_factory=Counter)
    held: int = 0
    sent: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Findings) -> Findings:
        """What two worlds together found."""
        return Findings(
            **{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)}
        )

    @property
    def faults(self) -> dict[str, int]:
        """All that went wrong."""
        return dict(
            self.exceptions + self.refusals + self.trespasses + self.silences + self.advice_in_hold
        )


class StrictTelegram:
    """Takes every call that Telegram would take, and notes every other one."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.pressable: dict[int, list[str]] = {}
        # What was shown because of the last update: texts by chat, and presses.
        self.last: list[tuple[int, str]] = []
        self.fresh: list[str] = []

    async def send_message(self, chat_id: int, text: str, **options: Any) -> Any:
        """As python-telegram-bot's."""
        return self._call("sendMessage", chat_id, {"text": text}, options)

    async def send_photo(self, chat_id: int, photo: bytes, **options: Any) -> Any:
        """As python-telegram-bot's."""
        return self._call("sendPhoto", chat_id, {}, options)

    async def send_document(self, chat_id: int, document: bytes, **options: Any) -> Any:
        """As python-telegram-bot's."""
        return self._call("sendDocument", chat_id, {}, options)

    async def send_contact(self, chat_id: int, number: str, name: str, **options: Any) -> Any:
        """As python-telegram-bot's."""
        return self._call("sendContact", chat_id, {"phone_number": number}, options)

    async def delete_messages(self, chat_id: int, ids: Sequence[int]) -> bool:
        """As python-telegram-bot's."""
        return True

    def _call(self, method: str, chat_id: int, fields: dict[str, Any], options: Any) -> Any:
        fields |= {k: v for k, v in options.items() if k in ("parse_mode", "caption")}
        if markup := options.get("reply_markup"):
            fields["reply_markup"] = markup.to_dict()
            rows = fields["reply_markup"]["inline_keyboard"]
            shown = [button["callback_data"] for row in rows for button in row]
            self.pressable.setdefault(chat_id, []).extend(shown)
            self.fresh += shown
            del self.pressable[chat_id][:-200]
        self.findings.sent[method] += 1
        self.last.append((chat_id, str(fields.get("text") or fields.get("caption") or "")))
        try:
            check(method, fields)
        except TelegramRefusal as refusal:
            self.findings.refusals[f"{method}: {refusal.description}"] += 1
        for loss in silent_losses(method, fields):
            self.findings.refusals[loss] += 1
        return SimpleNamespace(message_id=sum(self.findings.sent.values()))


class AnyDialogue:
    """Decides anything at any moment, as the worst of models; it knows danger and consent."""

    def __init__(self, random: Random, content: Content, lexicon: Lexicon) -> None:
        self._random, self._content, self._lexicon = random, content, lexicon
        # How often it does something else than what waits for an answer.
        self.whims = 0.15
        tips = [tip.id for tip in content.tips]
        concerns = sorted(content.concerns)
        self._steps: list[Step] = [
            *(GiveTip(tip) for tip in tips), *(ExplainTip(tip) for tip in tips),
            *(Acknowledge(concern) for concern in concerns), *(Bridge(c) for c in concerns),
            *(Ask(question) for question in sorted(content.question_by_id)),
            Clarify("lied_to,ask_tip,unsure"), Feedback("helped"), Feedback("unhelped"),
            *[Exercise(name) for name in ("list", "stop", "waits", "go", "later")] * 6,
            *[Roleplay(name) for name in ("offer", "stop", "too_much", "waits", "resume")] * 6,
            *[Agreement("list"), Do("checkin"), Do("progress"), Do("list_tips")] * 8,
            Say("greet"), Say("not_understood"), Do("privacy"), Do("confirm_erase"),
        ]  # fmt: skip

    async def decide_text(
        self, fragments: Sequence[str], facts: Facts, stored: Any, *, style: bool = False
    ) -> Decision:
        """As the real one."""
        found = self._lexicon.check(fragments)
        if found.level is not Level.NONE:
            crisis = {**NO_CRISIS, "level": str(found.level), "kind": str(found.kind),
                      "flags": sorted(found.flags)}  # fmt: skip
            return Decision(Understanding(crisis=crisis), (Safety("found"),), {}, None)
        answer: Step | None = None
        if not facts.onboarded:
            answer = Do("onboard")
        elif facts.guide:
            answer = Safety("guided")
        elif facts.exercise:
            answer = Exercise("answer")
        elif facts.roleplay and facts.roleplay.stage != "paused":
            answer = Roleplay("line")
        elif facts.checkin:
            answer = Do("checkin_answer")
        if answer is None or (facts.onboarded and self._random.random() < self.whims):
            answer = self._random.choice(self._steps)
        return self._decision(answer)

    async def decide_event(
        self, intent: str, entities: dict[str, str], facts: Facts, stored: Any
    ) -> Decision:
        """As the real one."""
        steps = {"press_checkin": Do("checkin_press"), "show_progress": Do("progress")}
        step = steps.get(intent) or self._random.choice(self._steps)
        if not facts.onboarded:
            step = Do("onboard")
        return self._decision(step, answer=entities.get("answer"))

    def _decision(self, step: Step, answer: str | None = None) -> Decision:
        relation = self._random.choice((None, "partner", "colleague", "self"))
        slots = {"answer": answer, "relation": relation, "tip_id": "wat_wel", "concern": "lied_to"}
        style = {"name": "open", "score": 0.7}
        heard = Understanding("lied_to", 0.8, (("lied_to", 0.8),), relation, style=style)
        return Decision(heard, (step,), slots, {"slots": {}, "events": []})

    def knows(self, intent: str) -> bool:
        """As the real one."""
        return not intent.startswith("crisis_") and intent.isidentifier()

    @staticmethod
    def slots(stored: Any) -> dict[str, Any]:
        """As the real one."""
        return {}


class World(logging.Handler):
    """A bot with four people, two of whom gave consent."""

    def __init__(self, engine: AsyncEngine, seed: int, dialogue: Any = None) -> None:
        super().__init__(logging.WARNING)
        self.findings, self.random = Findings(), Random(seed)
        self.engine, self.clock = engine, Clock(START)
        self.cipher, self.content = Cipher([Fernet.generate_key()]), load()
        self.telegram, lexicon = StrictTelegram(self.findings), Lexicon.load()
        self.dialogue = dialogue or AnyDialogue(self.random, self.content, lexicon)
        turns = Turns(engine, self.cipher, self.dialogue, self.content, self.clock)
        self.conversation = Conversation(
            engine, self.cipher, turns, self.content, lexicon, self.clock, timedelta(0)
        )
        self.sender = Sender(
            self.telegram, engine, self.cipher, self.conversation, self.clock,  # type: ignore[arg-type]
            a_second=None, spacing=timedelta(0),
        )  # fmt: skip
        self.keys: list[str] = []
        self.pauses: Sequence[int] = (1, 1, 1, 20, 500)
        send = self.sender.send

        async def noted(chat_id: int, reply: Reply) -> int | None:
            self.keys.extend(reply.keys)
            return await send(chat_id, reply)

        self.sender.send = noted  # type: ignore[method-assign]
        self.updates = Updates(
            self.random, PEOPLE, lambda chat: self.telegram.pressable.get(chat, [])
        )

    def emit(self, record: logging.LogRecord) -> None:
        """A turn that fails, a reply that cannot be drawn or sent: all of it is logged."""
        if record.levelno >= logging.ERROR:
            self.findings.exceptions[record.getMessage()] += 1

    async def onboard(self, *chats: int) -> None:
        """Give consent."""
        async with writing(self.engine) as session:
            for chat in chats:
                user = await Chats(session, self.cipher).ensure_user(chat, self.clock())
                user.country, user.consented_at, user.unreachable_at = "NL", self.clock(), None

    async def plays(self, updates: int) -> Findings:
        """Let so many updates come in."""
        await self.onboard(*PEOPLE[:2])
        for number in range(updates):
            chat = self.random.choice(PEOPLE)
            if number % 50 == 0:
                # Who erased everything comes back; who was in danger is out of it some day.
                await self.onboard(self.random.choice(PEOPLE[:2]))
                await self.free(self.random.choice(PEOPLE))
            await self.gets(chat, self.updates.next(chat))
        return self.findings

    async def plays_held(self, updates: int) -> Findings:
        """Let so many updates without bad intentions come in while tips are frozen."""
        await self.onboard(*PEOPLE)
        presses, chat = shown_by(self.content), PEOPLE[0]
        for _ in range(updates):
            await self.onboard(chat)
            await self.keep_held(chat)
            own = self.telegram.pressable.get(chat, [])
            await self.gets(chat, self.updates.valid(chat, [*presses, *own]))
        return self.findings

    async def gets(self, chat: int, raw: dict[str, Any]) -> None:
        """One update, from Telegram's JSON to all that is sent because of it."""
        self.findings.updates += 1
        self.clock.advance(minutes=self.random.choice(self.pauses))
        other = self.random.choice([one for one in PEOPLE if one != chat])
        before, held = await self.rows(other), await self.is_held(chat)
        self.telegram.last.clear()
        self.telegram.fresh.clear()
        self.keys.clear()
        try:
            update = Update.de_json(raw, None)
            read = read_update(update)
            if read:
                await self.conversation.store([(update.update_id, *read)])
                self.conversation.wake(read[0])
                await self.conversation.settle()
                await self.sender.flush()
        except Exception as error:
            self.findings.exceptions[f"{type(error).__name__}: {places(error)[-300:]}"] += 1
            return
        if await self.rows(other) != before:
            self.findings.trespasses["another chat's rows changed"] += 1
        if read and read[1].kind is not InboundKind.REACH and not self.telegram.last:
            self.findings.silences[f"no answer to {read[1].kind}"] += 1
        if held and await self.is_held(chat):
            self.findings.held += 1
            self._no_advice()

    async def rows(self, chat: int) -> list[Any]:
        """Everything that is stored of a chat."""
        async with reading(self.engine) as session:
            return [
                list((await session.execute(_rows_of(table), {"chat": chat})).all())
                for table in OF_CHATS
            ]

    async def is_held(self, chat: int) -> bool:
        """Whether tips are frozen for a chat."""
        async with reading(self.engine) as session:
            return await Chats(session, self.cipher).hold(chat) is not None

    async def free(self, chat: int) -> None:
        """End a hold from outside."""
        async with writing(self.engine) as session:
            await Chats(session, self.cipher).end_hold(chat)

    async def keep_held(self, chat: int) -> None:
        """Freeze tips, as danger does."""
        async with writing(self.engine) as session:
            await Chats(session, self.cipher).set_hold(chat, "act", "suicide", "any", self.clock())

    async def fill(self, chat: int, secret: str) -> None:
        """Let somebody keep a secret in an exercise, an agreement, a check-in and a role-play."""
        self.pauses, self.dialogue.whims = (1,), 0.0
        does = itertools.count(10**9)
        begins = ("exercise:start:maak_afspraken", "exercise:start:wat_wel", "checkin:now",
                  "play:case:etentjes")  # fmt: skip
        for begin in begins:
            await self.gets(chat, press(chat, begin, next(does)))
            for _ in range(12):
                fitting = [p for p in self.telegram.fresh if p.startswith(ONWARD)]
                one = press(chat, fitting[0], next(does)) if fitting else None
                await self.gets(chat, one or typed(chat, secret, next(does)))
        await self.gets(chat, press(chat, "safety:plan_keep", next(does)))
        for _ in range(6):
            await self.gets(chat, typed(chat, secret, next(does)))
        for name in ("agreement:list", "exercise:list", "checkin:edit", "safety:plan"):
            await self.gets(chat, press(chat, name, next(does)))
            for shown in [p for p in self.telegram.fresh if ":open:" in p][:1]:
                await self.gets(chat, press(chat, shown, next(does)))

    def _no_advice(self) -> None:
        said = "\n".join(text for _, text in self.telegram.last)
        found = [f"tip {t.id}" for t in self.content.tips if t.message in said or t.step in said]
        found += [key for key in self.keys if key.startswith(FROZEN)]
        for what in found:
            self.findings.advice_in_hold[f"in a hold: {what}"] += 1


def _rows_of(table: Table) -> Any:
    return select(table).where(table.c.chat_id == bindparam("chat"))


@asynccontextmanager
async def world(folder: Path, seed: int, dialogue: Any = None) -> AsyncIterator[World]:
    """A bot on a database of its own, whose failures are noted.

    Args:
        folder: for the database.
        seed: the same seed gives the same updates.
        dialogue: a model; anything at any moment when not given.
    """
    url = f"sqlite+aiosqlite:///{folder / f'fuzz-{seed}.db'}"
    await upgrade(url)
    engine = make_engine(url)
    made = World(engine, seed, dialogue)
    logger = logging.getLogger("bot")
    logger.addHandler(made)
    waits, draw = drain.RETRY_WAITS, Sender._drawn
    drain.RETRY_WAITS = (timedelta(0),) * 3
    drawings = 0

    async def drawn(reply: Reply) -> bytes | None:
        nonlocal drawings
        drawings += bool(reply.picture or reply.sheet)
        if drawings % DRAWN == 1:
            return await draw(reply)
        return b"a picture" if reply.picture or reply.sheet else None

    sending.Sender._drawn = staticmethod(drawn)  # type: ignore[method-assign]
    try:
        yield made
    finally:
        drain.RETRY_WAITS, sending.Sender._drawn = waits, staticmethod(draw)  # type: ignore[method-assign]
        logger.removeHandler(made)
        await engine.dispose()
