"""What copy does not say: orders, blame, absolutes, diagnoses, jargon (content/tone.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from pydantic import field_validator

from bot.content_files import Strict
from bot.readability import sentences_of

# What somebody might say, as an example.
_QUOTED = re.compile("‘[^’]*’")


class Avoided(Strict):
    """Words that are not said, and why not."""

    pattern: str
    because: str

    @field_validator("pattern")
    @classmethod
    def _is_a_pattern(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        return pattern

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """The pattern between borders of words, whatever the case."""
        return re.compile(rf"\b(?:{self.pattern})\b", re.IGNORECASE)


class Tone(Strict):
    """What is avoided, and the sentences that are right all the same."""

    avoid: tuple[Avoided, ...]
    allowed: tuple[str, ...]

    def faults(self, text: str) -> Iterator[str]:
        """What is wrong with the tone of a text, a line each.

        Args:
            text: without tags.
        """
        for sentence in sentences_of(text):
            if sentence in self.allowed:
                continue
            for avoided in self.avoid:
                if found := avoided.regex.search(_QUOTED.sub("", sentence)):
                    yield f"{avoided.because}: {found.group(0)}"
