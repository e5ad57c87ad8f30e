"""Typos mended before a message is read.

Method: the noisy channel (Kernighan, Church & Gale 1990, "A Spelling Correction Program Based on
a Noisy Channel Model"): of all words that a typed one may stand for, the one is read that is used
most for its distance. Candidates come from SymSpell, frequencies from wordfreq and from the
lines that the model learns from, so that chat words and Flemish are left as they are.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from symspellpy import SymSpell, Verbosity
from wordfreq import get_frequency_dict

from nlu.typos import NEIGHBOURS

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# What is made of the frequencies of Dutch as it is written, and of our own lines.
OWN_SHARE = 0.5
# A rarer word than one in a million is nothing that a typo is taken for.
MEANT_FROM = 1e-6
# An own word counts when it was written twice: once may be a typo.
WRITTEN_FROM = 2
# All in natural logarithms of a share. What a word that exists has above its frequency; what a
# slip costs, and an unlikely slip beyond that. Set on dev (docs/decisions/0005).
EXISTS, SLIP, UNLIKELY = 4.0, 3.0, 3.0
UNKNOWN = -99.0
# A shorter word has too many neighbours for two slips.
TWO_SLIPS_FROM = 5
_BILLION = 1e9


class Speller:
    """Reads words as they were meant.

    Args:
        own: how often each word stands in our own lines.
    """

    def __init__(self, own: Mapping[str, int]) -> None:
        total = max(1, sum(own.values()))
        shares = {
            word: (1 - OWN_SHARE) * share
            for word, share in get_frequency_dict("nl").items()
            if word.isalpha()
        }
        for word, count in own.items():
            shares[word] = shares.get(word, 0.0) + OWN_SHARE * count / total
        self._known = {word: math.log(share) for word, share in shares.items()}
        self._meant = SymSpell(max_dictionary_edit_distance=2)
        for word, share in shares.items():
            if len(word) > 1 and (share >= MEANT_FROM or own.get(word, 0) >= WRITTEN_FROM):
                self._meant.create_dictionary_entry(word, int(share * _BILLION) + 1)
        # No other word can do better than the one used most, one slip away.
        self._safe_from = max(self._known.values()) - SLIP - EXISTS

    def mend(self, text: str) -> str:
        """A text with its likely typos mended; all else as it came.

        Args:
            text: what a user typed.
        """
        return _WORD.sub(self._read, text)

    def _read(self, found: re.Match[str]) -> str:
        typed = found[0]
        if len(typed) == 1 or not typed.isalpha():
            return typed
        meant = self._likeliest(typed.lower())
        if meant == typed.lower():
            return typed
        return meant.capitalize() if typed[0].isupper() else meant

    def _likeliest(self, typed: str) -> str:
        known = self._known.get(typed)
        if known is not None and known >= self._safe_from:
            return typed
        best, highest = typed, UNKNOWN if known is None else known + EXISTS
        slips = 1 if known is not None or len(typed) < TWO_SLIPS_FROM else 2
        for word in self._meant.lookup(typed, Verbosity.ALL, max_edit_distance=slips):
            if word.distance == 0:
                continue
            likely = word.distance == 1 and _is_likely(typed, word.term)
            cost = SLIP * word.distance + (0.0 if likely else UNLIKELY)
            value = self._known[word.term] - cost
            if value > highest:
                best, highest = word.term, value
        return best


def words_of(texts: Iterable[str]) -> Counter[str]:
    """How often each word stands in lines.

    Args:
        texts: the lines.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(word for word in _WORD.findall(text.lower()) if word.isalpha())
    return counts


def _is_likely(typed: str, meant: str) -> bool:
    """Whether a thumb makes this slip: a key beside it, two swapped, one dropped or doubled.

    Args:
        typed: what stands there.
        meant: one slip away from it.
    """
    if len(typed) < len(meant):
        return True
    if len(typed) > len(meant):
        return any(
            typed[i] == typed[i + 1] and typed[:i] + typed[i + 1 :] == meant
            for i in range(len(typed) - 1)
        )
    slipped = [(a, b) for a, b in zip(typed, meant, strict=True) if a != b]
    # Half a slip away: between two keys that lie beside each other.
    return len(slipped) == 2 or slipped[0][0] in NEIGHBOURS.get(slipped[0][1], "")
