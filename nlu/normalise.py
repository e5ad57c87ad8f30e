"""Spelling out of the way: what people type on a phone, brought to one plain form.

The crisis lexicon matches regular expressions on this form only, so that a rule need not know of
capitals, accents, invisible characters, chat abbreviations or misspellings.

The form of "Kwil NIET meer, leven!!" is " . ik wil niet meer leven . ": lower case words without
accents, one space between tokens and at both ends, a full stop for every end of a sentence and
one in front, commas and line breaks gone.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

# Done before NFKD, which would take some of these apart into a space and an accent.
_MARKS = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032`\u00b4\u02bc", "'"),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u061b\u061f\u06d4\u3002", "."),  # Arabic and CJK sentence marks
        "\u2026": " ",
        "\u0131": "i",  # Turkish i without a dot
        "\u0142": "l",
        "\u00f8": "o",
    }
)
_LEET = str.maketrans("013457@$", "oieastas")
_LEET_RUN = re.compile(r"(?<=[a-z])[013457@$]+(?=[a-z])")
# "d o o d", "d.o.o.d": four or more single letters, each one mark apart.
_SPACED = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-*_]){3,}[^\W\d_](?!\w)")
_BETWEEN = re.compile(r"[ .\-*_]")
_ELLIPSIS = re.compile(r"\.{2,}")
_SENTENCE_END = re.compile(r"[.!?;]+")
_NOISE = re.compile(r"[^\w'*.]|_")
_STRETCH = re.compile(r"([^\W\d_])\1{2,}")
_VOWELS = frozenset("aeou")  # the letters that Dutch doubles within a word
_LONGEST_MASKED = 20


class Normaliser:
    """Turns raw text into the plain form described above.

    Args:
        words: chat words and abbreviations with what they stand for ("kwil": "ik wil"); keys
            may hold an apostrophe.
        spellings: the right spelling with a regular expression for the wrong ones; these see
            the plain form, word bounds are added, and they may span more than one word.
        masked: words that people write with asterisks ("zelfm**rd").

    Raises:
        re.error: a spelling is no valid regular expression.
    """

    def __init__(
        self, words: Mapping[str, str], spellings: Mapping[str, str], masked: Iterable[str]
    ) -> None:
        self._words = dict(words)
        self._right = tuple(spellings)
        self._masked = tuple(masked)
        groups = "|".join(f"(?P<s{i}>{wrong})" for i, wrong in enumerate(spellings.values()))
        self._wrong = re.compile(f" (?:{groups})(?= )") if groups else None

    def readings(self, text: str) -> tuple[str, ...]:
        """Gives the plain forms of a text: one, or up to three when letters are stretched.

        "dooood" is "dood" but "leeeven" is "leven": only the rules can tell, so both are given.

        Args:
            text: what the user typed, as it came.

        Returns:
            The different readings, without duplicates.
        """
        folded = self.fold(text)
        if not _STRETCH.search(folded):
            return (self._plain(folded),)
        likely = _STRETCH.sub(lambda m: m[1] * (2 if m[1] in _VOWELS else 1), folded)
        candidates = (likely, _STRETCH.sub(r"\1", folded), _STRETCH.sub(r"\1\1", folded))
        return tuple(dict.fromkeys(self._plain(candidate) for candidate in candidates))

    @staticmethod
    def fold(text: str) -> str:
        """Takes away what cannot be seen or does not matter: case, accents, leet.

        Args:
            text: what the user typed, as it came.

        Returns:
            The text with its words, marks and line breaks still in place.
        """
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text.translate(_MARKS))
            # Mn, Me: accents and enclosing marks. Cf: zero-width, bidi, soft hyphen.
            text = "".join(c for c in text if unicodedata.category(c) not in ("Mn", "Me", "Cf"))
        text = text.casefold()
        text = _SPACED.sub(lambda m: _BETWEEN.sub("", m[0]), text)
        return _LEET_RUN.sub(lambda m: m[0].translate(_LEET), text)

    def _plain(self, folded: str) -> str:
        """Cuts folded text into tokens, spells them out and joins them again."""
        text = _SENTENCE_END.sub(" . ", _ELLIPSIS.sub(" ", folded))
        sentences: list[list[str]] = []
        loose = False  # the last sentence was one word: "ik. wil. dood." is one sentence
        for part in _NOISE.sub(" ", text).split("."):
            tokens = [word for raw in part.split() for word in self._word(raw)]
            if not tokens:
                continue
            if loose and len(tokens) == 1:
                sentences[-1].extend(tokens)
            else:
                sentences.append(tokens)
            loose = len(tokens) == 1
        plain = "".join(f" . {' '.join(tokens)}" for tokens in sentences) + " . "
        if self._wrong:
            plain = self._wrong.sub(self._respell, plain)
        return plain

    def _word(self, raw: str) -> list[str]:
        """Gives the words that one typed token stands for, none when it is only marks."""
        known = self._words.get(raw)
        if known is None:
            bare = raw.replace("'", "")
            if "*" in bare:
                bare = self._unmask(bare)
            known = self._words.get(bare, bare)
        return known.split()

    def _unmask(self, token: str) -> str:
        """Fills in a word whose letters were replaced by asterisks; without one, drops them."""
        if token.strip("*") and len(token) <= _LONGEST_MASKED:
            shape = re.compile("".join("." if c == "*" else re.escape(c) for c in token))
            short = re.compile(re.sub(r"\*+", "..?", token))  # "d*d" for "dood"
            for word in self._masked:
                if shape.fullmatch(word) or short.fullmatch(word):
                    return word
        return token.replace("*", " ")

    def _respell(self, found: re.Match[str]) -> str:
        """Gives the right spelling for the group that matched."""
        return f" {self._right[int((found.lastgroup or 's0')[1:])]}"
