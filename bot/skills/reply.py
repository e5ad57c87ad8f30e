"""A reply: what the user reads, and the buttons under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.content import Button
from bot.roleplay.curve import TrustCurve

# Telegram counts UTF-16 units; a joined reply stays far below its 4096.
JOINED_UP_TO = 1500
PARAGRAPH = "\n\n"


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to the user.

    Args:
        keys: the content keys that it was made of.
        text: Telegram's HTML (only b and i).
        buttons: rows of buttons.
        tip_id: the tip that it gives, if any.
        picture: what to draw above the text, if anything.
    """

    keys: tuple[str, ...]
    text: str
    buttons: tuple[tuple[Button, ...], ...] = field(default=())
    tip_id: str | None = None
    picture: TrustCurve | None = None

    def as_json(self) -> dict[str, Any]:
        """For the outbox."""
        return {
            "keys": list(self.keys),
            "text": self.text,
            "buttons": [[b.model_dump() for b in row] for row in self.buttons],
            "tip_id": self.tip_id,
            "picture": self.picture.model_dump() if self.picture else None,
        }

    @classmethod
    def from_json(cls, payload: dict[str, Any]) -> Reply:
        """From the outbox."""
        return cls(
            tuple(payload["keys"]),
            payload["text"],
            tuple(tuple(Button(**b) for b in row) for row in payload["buttons"]),
            payload["tip_id"],
            # A reply may have been stored before there were pictures.
            TrustCurve(**payload["picture"]) if payload.get("picture") else None,
        )


def join(replies: Sequence[Reply]) -> list[Reply]:
    """Make one message of replies that follow each other, as one person would.

    A reply with buttons ends a message, since its buttons belong to its last words.
    """
    joined: list[Reply] = []
    for reply in replies:
        last = joined[-1] if joined else None
        alone = reply.picture or (last and (last.buttons or last.picture))
        if last and not alone and len(last.text) + len(reply.text) <= JOINED_UP_TO:
            joined[-1] = Reply(
                last.keys + reply.keys,
                last.text + PARAGRAPH + reply.text,
                reply.buttons,
                reply.tip_id or last.tip_id,
            )
        else:
            joined.append(reply)
    return joined
