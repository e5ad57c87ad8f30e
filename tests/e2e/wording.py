"""What a message of the bot says, in terms of content: tests name keys, coaches change words."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from bot.content import Concern, Content, Tip
from tests.emulator import BotMessage

_TAG = re.compile(r"</?[bi]>")
_PLACE = re.compile(r"\\{\w+\\}")


def _pattern(text: str) -> str:
    """A regular expression for a text of content as the user sees it, placeholders filled in."""
    shown = html.unescape(_TAG.sub("", text)).strip()
    return _PLACE.sub(".+", re.escape(shown))


def _any_of(texts: Iterable[str], message: BotMessage) -> bool:
    return any(re.search(_pattern(text), message.text, re.DOTALL) for text in texts)


class Wording:
    """Recognises content in what a person got to read."""

    def __init__(self, content: Content) -> None:
        self.content = content

    def says(self, message: BotMessage, key: str) -> bool:
        """Whether a message has the words of a key, in any variant."""
        return _any_of(self.content.messages[key].variants, message)

    def expect(self, message: BotMessage, *keys: str) -> None:
        """Assert that a message has the words of each of these keys, and their buttons."""
        for key in keys:
            assert self.says(message, key), f"not {key}: {message.text!r}"
        buttons = [b.label for row in self.content.messages[keys[-1]].buttons for b in row]
        assert message.labels == buttons, f"not the buttons of {keys[-1]}: {message.labels}"

    def tip(self, message: BotMessage) -> Tip | None:
        """The tip that a message gives."""
        return next(
            (
                tip
                for tip in self.content.tips
                if tip.title in message.text
                and _any_of(filter(None, (tip.message, tip.message_breaker)), message)
            ),
            None,
        )

    def a_tip(self, message: BotMessage) -> Tip:
        """The tip that a message must give."""
        tip = self.tip(message)
        assert tip is not None, f"no tip: {message.text!r}"
        return tip

    def asks_about(self, message: BotMessage, concern: Concern) -> bool:
        """Whether a message asks one of a concern's questions."""
        return _any_of((question.text for question in concern.questions), message)

    def asks(self, message: BotMessage) -> bool:
        """Whether a message asks any reflective question."""
        return _any_of((q.text for q in self.content.question_by_id.values()), message)

    def concern_called(self, label: str) -> Concern:
        """The concern that a button names."""
        return next(c for c in self.content.concerns.values() if c.label == label)
