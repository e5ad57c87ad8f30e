"""The same conversation in a terminal, and from a script."""

from __future__ import annotations

import asyncio
import html
import itertools
import json
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from bot.bootstrap import App
from bot.content import Button
from bot.conversation.drain import Conversation
from bot.conversation.inbound import Inbound, InboundKind, read_text
from bot.conversation.steps import step_as_json
from bot.conversation.turn import Outcome, Turn
from bot.db.repositories import Chats, Inbox, Outbox
from bot.db.session import reading, writing
from bot.skills.reply import Reply

TERMINAL_CHAT = 0
NEW_USER = "---"
PRESS = ">"


def plain(text: str) -> str:
    """Telegram's HTML as plain text."""
    return html.unescape(re.sub(r"</?[bi]>", "", text))


@dataclass(frozen=True)
class Exchange:
    """What was said in one turn of the terminal."""

    said: str
    outcome: Outcome | None
    replies: list[Reply]


class TerminalChat:
    """One user at a terminal.

    Args:
        app: a running TeVoet.
        chat_id: the chat that this user has.
        update_ids: where the ids of updates come from.
    """

    def __init__(
        self,
        app: App,
        chat_id: int = TERMINAL_CHAT,
        update_ids: Iterator[int] | None = None,
    ) -> None:
        self._app, self.chat_id = app, chat_id
        # Telegram numbers updates from 0 up, so these never meet them.
        self._update_ids = update_ids or iter(lambda: -time.time_ns(), None)
        # What was shown last, for choices by number; and everything shown, for choices by label.
        self.buttons: list[Button] = []
        self._shown: list[Button] = []

    async def does(self, inbound: Inbound, said: str) -> Exchange:
        """Store what the user did, handle it, and take the replies from the outbox."""
        await self._app.conversation.store([(next(self._update_ids), self.chat_id, inbound)])
        outcome = await self._handle(self._app.conversation)
        async with writing(self._app.engine) as session:
            outbox = Outbox(session, self._app.cipher)
            waiting = await outbox.replies(self.chat_id)
            for item_id, _ in waiting:
                await outbox.mark_sent(item_id, None)
        replies = [Reply.from_json(payload) for _, payload in waiting]
        shown = [b for reply in replies for row in reply.buttons for b in row]
        self.buttons = shown or self.buttons
        self._shown = shown + self._shown
        return Exchange(said, outcome, replies)

    async def _handle(self, conversation: Conversation) -> Outcome | None:
        outcome = None
        while True:
            async with reading(self._app.engine) as session:
                inbox = Inbox(session, self._app.cipher)
                items = await inbox.waiting(self.chat_id)
                turns = [
                    (
                        item.attempts + 1,
                        Turn(
                            self.chat_id,
                            [item.id],
                            item.update_id,
                            [Inbound.from_json(inbox.payload(item))],
                        ),
                    )
                    for item in items
                ]
            if not turns:
                return outcome
            for attempt, turn in turns:
                outcome = await conversation.run(turn, attempt)

    async def says(self, line: str) -> Exchange:
        """A typed line: a number or label chooses a button, the rest is text or a command."""
        stripped = line.strip()
        if stripped.isdigit() and 0 < int(stripped) <= len(self.buttons):
            return await self.presses(self.buttons[int(stripped) - 1])
        return await self.does(read_text(line), line)

    async def presses(self, button: Button) -> Exchange:
        """Press a button."""
        return await self.does(Inbound(InboundKind.PRESS, button.press), f"[{button.label}]")

    def button(self, label: str) -> Button | None:
        """The newest button whose label contains a text."""
        wanted = label.strip().lower()
        return next((b for b in self._shown if wanted in b.label.lower()), None)

    async def onboard(self, country: str) -> None:
        """Make this a user who lives somewhere and gave consent."""
        async with writing(self._app.engine) as session:
            user = await Chats(session, self._app.cipher).ensure_user(
                self.chat_id, self._app.clock()
            )
            user.country, user.consented_at = country, self._app.clock()


async def interactive(app: App, ready: str, read: Callable[[str], str] = input) -> None:
    """Talk in the terminal until the user leaves (Ctrl-D).

    Args:
        app: a running TeVoet.
        ready: printed first.
        read: reads a line.
    """
    chat = TerminalChat(app)
    print(ready)
    _show((await chat.does(Inbound(InboundKind.COMMAND, "start"), "/start")).replies, sys.stdout)
    while True:
        try:
            line = await asyncio.to_thread(read, "\n> ")
        except (EOFError, KeyboardInterrupt):
            print()
            return
        if line.strip():
            _show((await chat.says(line)).replies, sys.stdout)


async def play(app: App, lines: Sequence[str], country: str, as_json: bool, out: TextIO) -> None:
    """Play a script: each line is said by a new, onboarded user.

    Args:
        app: a running TeVoet with a throwaway store.
        lines: text; "> label" presses the newest button with that label, "---" starts a new user.
        country: NL or BE.
        as_json: a JSON object a turn instead of a dialogue.
        out: where to print.
    """
    # Wordings are chosen by update id: with the same ids a script always reads the same.
    update_ids = itertools.count(1)
    for number, users_lines in enumerate(_users(lines)):
        chat = TerminalChat(app, number + 1, update_ids)
        await chat.onboard(country)
        if number and not as_json:
            out.write("---\n\n")
        for line in users_lines:
            button = None
            if line.startswith(PRESS):
                button = chat.button(line[1:])
                if button is None:
                    raise LookupError(f"no button with: {line[1:].strip()}")
            exchange = await (chat.presses(button) if button else chat.does(read_text(line), line))
            if as_json:
                out.write(json.dumps(await _turn_as_json(app, chat, exchange), ensure_ascii=False))
                out.write("\n")
            else:
                out.write(f"> {exchange.said}\n\n")
                _show(exchange.replies, out)
                out.write("\n")
            out.flush()


def _users(lines: Sequence[str]) -> Iterator[list[str]]:
    group: list[str] = []
    for line in lines:
        if line.strip() == NEW_USER:
            yield group
            group = []
        elif line.strip():
            group.append(line.rstrip("\n"))
    yield group


def _show(replies: Sequence[Reply], out: TextIO) -> None:
    first = 1
    for reply in replies:
        out.write("\n".join(f"  {line}".rstrip() for line in plain(reply.text).split("\n")) + "\n")
        for file in (reply.document, reply.sheet, reply.archive):
            out.write(f"  [{file.name}]\n" if file else "")
        for row in reply.buttons:
            labels = (f"[{number}] {b.label}" for number, b in enumerate(row, first))
            out.write("    " + "   ".join(labels) + "\n")
            first += len(row)


async def _turn_as_json(app: App, chat: TerminalChat, exchange: Exchange) -> dict[str, Any]:
    outcome = exchange.outcome
    async with reading(app.engine) as session:
        chats = Chats(session, app.cipher)
        hold = await chats.hold(chat.chat_id)
        facts = await chats.facts(chat.chat_id, app.clock())
    understanding = outcome.understanding if outcome else None
    return {
        "user": exchange.said,
        "intent": understanding.intent if understanding else None,
        "confidence": round(understanding.confidence, 4) if understanding else 0.0,
        "crisis": {
            "level": understanding.crisis["level"] if understanding else "none",
            "kind": understanding.crisis["kind"] if understanding else None,
        },
        "hold": {"level": hold.level, "kind": hold.kind} if hold else None,
        # What a typed yes or no answers now, and whether only the choice to go on is left.
        "hold_asks": hold.asked if hold else None,
        "safe_said": hold.safe_said if hold else None,
        "gates": {relation: sorted(flags) for relation, flags in sorted(facts.gates.items())},
        "steps": [step_as_json(step) for step in outcome.steps] if outcome else [],
        "replies": [
            {
                "key": "+".join(reply.keys),
                "text": plain(reply.text),
                "buttons": [b.label for row in reply.buttons for b in row],
                "tip": reply.tip_id,
            }
            for reply in exchange.replies
        ],
    }
