"""A reply: what the user reads, and the buttons under it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from bot.archive import Archive
from bot.content import Button
from bot.roleplay.curve import TrustCurve
from bot.sheet import Sheet

# Telegram counts UTF-16 units; a joined reply stays far below its 4096.
JOINED_UP_TO = 1500
LONGEST = 4000
PARAGRAPH = "\n\n"


@dataclass(frozen=True, slots=True)
class Document:
    """A file that goes with a reply: its name and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Card:
    """A number that one tap calls: Telegram shows it as a contact."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the user.

    Args:
        keys: the content keys that it was made of.
        text: Telegram's HTML (only b and i).
        buttons: rows of buttons.
        tip_id: the tip that it gives, if any.
        picture: what is drawn with it when it is sent: progress (bot.picture, as JSON) or the
            trust of a role-play.
        document: a file that goes with it.
        sheet: a sheet of paper that is drawn when it is sent, and goes with it as a file.
        archive: several files in one, packed when it is sent.
        card: a number to call, sent in place of the text where the channel can.
        clears: the chat is emptied before this is sent, as far as the channel can: of the messages
            with these ids and of all that are known; None for every other reply.
    """

    keys: tuple[str, ...]
    text: str
    buttons: tuple[tuple[Button, ...], ...] = field(default=())
    tip_id: str | None = None
    picture: dict[str, Any] | TrustCurve | None = None
    document: Document | None = None
    sheet: Sheet | None = field(default=None, kw_only=True)
    archive: Archive | None = field(default=None, kw_only=True)
    card: Card | None = field(default=None, kw_only=True)
    clears: tuple[int, ...] | None = field(default=None, kw_only=True)

    def as_json(self) -> dict[str, Any]:
        """For the outbox."""
        return {
            "keys": list(self.keys),
            "text": self.text,
            "buttons": [[b.model_dump() for b in row] for row in self.buttons],
            "tip_id": self.tip_id,
            "picture": None if isinstance(self.picture, TrustCurve) else self.picture,
            "curve": self.picture.model_dump() if isinstance(self.picture, TrustCurve) else None,
            "document": [self.document.name, self.document.text] if self.document else None,
            "sheet": self.sheet.model_dump() if self.sheet else None,
            "archive": self.archive.model_dump() if self.archive else None,
            "card": asdict(self.card) if self.card else None,
            "clears": self.clears,
        }

    @classmethod
    def from_json(cls, payload: dict[str, Any]) -> Reply:
        """From the outbox."""
        return cls(
            tuple(payload["keys"]),
            payload["text"],
            tuple(tuple(Button(**b) for b in row) for row in payload["buttons"]),
            payload["tip_id"],
            # A reply may have been stored before there were pictures and files.
            TrustCurve(**curve) if (curve := payload.get("curve")) else payload.get("picture"),
            Document(*document) if (document := payload.get("document")) else None,
            # What was queued by an earlier version has none of these.
            sheet=Sheet(**payload["sheet"]) if payload.get("sheet") else None,
            archive=Archive(**payload["archive"]) if payload.get("archive") else None,
            card=Card(**payload["card"]) if payload.get("card") else None,
            clears=None if payload.get("clears") is None else tuple(payload["clears"]),
        )

    @property
    def stands_alone(self) -> bool:
        """Whether it cannot be part of a longer message."""
        return self.card is not None or self.clears is not None


def join(replies: Sequence[Reply]) -> list[Reply]:
    """Make one message of replies that follow each other, as one person would.

    A reply with buttons ends a message, since its buttons belong to its last words. One that is
    longer than Telegram allows, because somebody wrote much in it, becomes more than one.
    """
    joined: list[Reply] = []
    for reply in replies:
        last = joined[-1] if joined else None
        if last and _belong_together(last, reply):
            joined[-1] = Reply(
                last.keys + reply.keys,
                last.text + PARAGRAPH + reply.text,
                reply.buttons,
                reply.tip_id or last.tip_id,
            )
        else:
            joined += _parts(reply)
    return joined


def _parts(reply: Reply) -> list[Reply]:
    """A reply in messages that are not too long, cut between paragraphs; the last has the rest."""
    head, paragraphs = [], reply.text.split(PARAGRAPH)
    while len(paragraphs) > 1 and _units(PARAGRAPH.join(paragraphs)) > LONGEST:
        count = 1
        while _units(PARAGRAPH.join(paragraphs[: count + 1])) <= LONGEST:
            count += 1
        head.append(Reply(reply.keys, PARAGRAPH.join(paragraphs[:count])))
        paragraphs = paragraphs[count:]
    return [*head, replace(reply, text=PARAGRAPH.join(paragraphs))]


def _units(text: str) -> int:
    """How long Telegram finds a text: a sign outside the basic plane counts twice."""
    return len(html.unescape(text).encode("utf-16-le")) // 2


def _belong_together(last: Reply, reply: Reply) -> bool:
    """Whether two replies can be one message: what has a picture or a file stands alone."""
    attached = any(
        each.picture or each.document or each.sheet or each.archive for each in (last, reply)
    )
    short = len(last.text) + len(reply.text) <= JOINED_UP_TO
    alone = last.stands_alone or reply.stands_alone
    return short and not last.buttons and not attached and not alone
