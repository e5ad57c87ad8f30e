"""What can be wrong with one text of the copy: for Telegram, for the reader, in its tone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from bot.readability import flesch_douma, sentences_of, well_formed
from bot.tone import Tone

TEXT_UNITS = 4096  # Telegram counts UTF-16 units
WORDS_IN_A_SENTENCE = 15
READABILITY_FROM_WORDS = 30
READABILITY_LOWEST = 60.0
ALWAYS_KNOWN = {"other", "Other"}


def fields_of(text: str) -> set[str]:
    """The placeholders of a text; none when a brace in it is wrong."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name}
    except ValueError:
        return set()


def text_faults(text: str, params: frozenset[str], sample: str, tone: Tone | None) -> Iterator[str]:
    """What is wrong with a text, a line each.

    Args:
        text: as it stands in the file, with tags and placeholders.
        params: the placeholders that code fills in.
        sample: stands for every value that is filled in.
        tone: what is not said; None where somebody else speaks.
    """
    fields = fields_of(text)
    try:
        rendered = text.format_map(dict.fromkeys(fields, sample))
    except (ValueError, LookupError, AttributeError):
        yield "a brace is wrong: only {name} is known"
        return
    for name in sorted(fields - params - ALWAYS_KNOWN):
        yield f"{{{name}}} is not filled in here"
    if not well_formed(rendered):
        yield "the tags are not right; only <b> and <i> are known"
    if re.search(r"&(?!(amp|lt|gt);)", rendered):
        yield "write & as &amp;"
    if not rendered.strip():
        yield "is empty"
    if len(rendered.encode("utf-16-le")) // 2 > TEXT_UNITS:
        yield "too long for Telegram"
    plain = re.sub(r"<[^>]+>", "", rendered)
    yield from _hard_to_read(plain)
    if tone is not None:
        yield from tone.faults(plain)


def _hard_to_read(text: str) -> Iterator[str]:
    for sentence in sentences_of(text):
        if len(sentence.split()) > WORDS_IN_A_SENTENCE:
            yield f"a sentence is too long: {sentence.strip()}"
    if len(text.split()) > READABILITY_FROM_WORDS:
        score = flesch_douma(text)
        if score < READABILITY_LOWEST:
            yield f"hard to read: Flesch-Douma {score:.0f}"
