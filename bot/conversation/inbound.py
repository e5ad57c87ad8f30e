"""What a user can do to the bot, whatever the channel."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from bot.conversation.legible import legible, unmarked

# Telegram's limit for what a button holds, in bytes.
LONGEST_PRESS = 64
LINK_WORD = re.compile(r"[A-Za-z0-9_-]{1,64}")


class InboundKind(StrEnum):
    """The kinds of things that come in; `value` of Inbound means something else for each."""

    TEXT = "text"  # what was typed, a caption or an edited text
    PRESS = "press"  # the data of a button
    COMMAND = "command"  # its name, without slash
    MEDIA = "media"  # voice, photo, sticker, ...: nothing that can be read
    REACH = "reach"  # "blocked" or "unblocked"
    GROUP = "group"  # spoken to in a group or channel


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that a user did; `message_id` is Telegram's, for what can be deleted there."""

    kind: InboundKind
    value: str = ""
    message_id: int | None = field(default=None, compare=False)

    @property
    def asks_for_lines(self) -> bool:
        """Whether it is /hulp, which works whatever fails."""
        return self.kind is InboundKind.COMMAND and self.value == "hulp"

    @property
    def plain(self) -> str:
        """A text as it is understood: `value` is as it is shown."""
        return unmarked(self.value)

    def as_json(self) -> dict[str, str]:
        """For the inbox."""
        return {"kind": str(self.kind), "value": self.value}

    @classmethod
    def from_json(cls, payload: dict[str, str]) -> Inbound:
        """From the inbox."""
        return cls(InboundKind(payload["kind"]), payload["value"])


def read_text(text: str) -> Inbound:
    """What a typed text is: a command when it starts with one slash and a word, else text.

    Args:
        text: as it came; what nobody sees is left out, and the bot's name behind a command.
    """
    text = legible(text)
    first, _, rest = text.strip().partition(" ")
    name = first[1:].split("@")[0].lower()
    # A link to the bot starts it with a word of the link's own: "/start uit_de_nieuwsbrief".
    alone = not rest.strip() or (name == "start" and LINK_WORD.fullmatch(rest.strip()))
    if first.startswith("/") and name.isascii() and name.isalpha() and alone:
        return Inbound(InboundKind.COMMAND, name)
    return Inbound(InboundKind.TEXT, text)


def read_press(data: str) -> Inbound:
    """What the press of a button is; data that no button of ours has means nothing.

    Args:
        data: as it came, perhaps from somebody who made it up.
    """
    ours = data.isascii() and data.isprintable() and len(data) <= LONGEST_PRESS
    return Inbound(InboundKind.PRESS, data if ours else "")
