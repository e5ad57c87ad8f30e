"""How a Dutch text reads: tags, sentences and the Flesch-Douma score."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import textstat

KNOWN_TAGS = {"b", "i"}


class _Tags(HTMLParser):
    """Telegram's HTML as we use it: b and i, closed in order."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in KNOWN_TAGS or attrs:
            self.bad.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.bad.append(tag)


def well_formed(text: str) -> bool:
    """Whether a text is Telegram's HTML as we use it: only b and i, closed in order.

    Args:
        text: a rendered message.
    """
    tags = _Tags()
    tags.feed(text)
    tags.close()
    return not tags.bad and not tags.open


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a line end and a colon end one too.

    Args:
        text: without tags.
    """
    return [part.strip() for part in re.split(r"(?<=[.?!:])\s+|\n+", text) if part.strip()]


def flesch_douma(text: str) -> float:
    """Readability of Dutch, 0 (hard) to 100 (easy).

    Args:
        text: at least one sentence.

    Returns:
        206.84 - 0.93 * words a sentence - 77 * syllables a word (W.H. Douma, 1960).
    """
    textstat.set_lang("nl_NL")
    words = re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text)
    sentences = max(1, len(sentences_of(text)))
    syllables = sum(max(1, textstat.syllable_count(word)) for word in words)
    return float(206.84 - 0.93 * len(words) / sentences - 77 * syllables / max(1, len(words)))
