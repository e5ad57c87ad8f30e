"""A text as people see it: what is invisible, or looks like other letters, out of the way.

Everything that is typed passes here once, before it is stored, understood or shown again: a
zero-width space inside a word hides it from no reader, and half a character breaks no message.
"""

from __future__ import annotations

import html
import re
import unicodedata

# What the apps of Telegram turn into formatting before they send a text.
_TAG = re.compile(
    r"</?(?:b|strong|i|em|u|ins|s|strike|del|code|pre|a|span|tg-spoiler|tg-emoji|blockquote|br|p)"
    r"(?:\s[^<>]{0,300})?\s?/?>",
    re.IGNORECASE,
)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});")
_PAIRED = re.compile(r"(\*\*|__|~~|\|\||```|`)(?=\S)([^\n]{1,300}?)(?<=\S)\1")

# So often markup is looked for in what was markup: more is a trick, and costs time.
MARKUP_IN_MARKUP = 3

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_BREAK = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# Blanks that are no white space to Unicode, and separators from the days of punched tape.
_BLANK = re.compile("[\x1c-\x1f\u3164\u2800\uffa0]|[^\\S\n\t ]")
# A joiner between two signs makes one emoji of them.
_JOINER = re.compile("(?<![\u2190-\U0010fffd])\u200d|\u200d(?![\u2190-\U0010fffd])")
_SELECTOR = re.compile(r"(?<=[^\W\d_])\ufe0f")
_LATIN_MARKS = re.compile("(?<=[A-Za-z\u00c0-\u024f\u1e00-\u1eff])[\u0300-\u036f\u20d0-\u20f0]+")
_MARK = "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20f0]"
_MARKS = re.compile(f"({_MARK}){_MARK}+")
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f")

# Letters of other alphabets that look like ours, in a word that has letters of ours too.
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u051b\u051d\u04bb"
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
    "\u03b1\u03b9\u03ba\u03bd\u03bf\u03c1\u03c4\u03c5\u0391\u0392\u0395\u0397\u0399\u039a"
    "\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03a5\u0396",
    "aeopcyxijsdqwhABEKMHOPCTXIJSaikvoptuABEHIKMNOPTXYZ",
)
_SMALL_CAPITALS = str.maketrans(
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f"
    "\u1d18\u0280\ua731\u1d1b\u1d1c\u1d20\u1d21\u028f\u1d22",
    "abcdefghijklmnoprstuvwyz",
)
_MIXED = re.compile("\\w*[A-Za-z]\\w*")


def legible(text: str) -> str:
    """The text as it looks: the same words, without what nobody sees.

    A letter of another alphabet among ours becomes ours; accents, emoji and signs of markup stay.
    What comes out is valid Unicode.

    Args:
        text: as it came in; halves of surrogate pairs are allowed.
    """
    # Halves of pairs find each other; a half alone is dropped.
    return _visible(text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore"))


def unmarked(text: str) -> str:
    """A legible text without markup, for who has to understand it.

    Args:
        text: as `legible` gives it; what is shown again keeps its signs.
    """
    for _ in range(MARKUP_IN_MARKUP):
        plain = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        plain = _PAIRED.sub(r"\2", _TAG.sub("", plain))
        if plain == text:
            return text
        text = _visible(plain)
    return text


def _visible(text: str) -> str:
    if not text.isascii():
        text = _in_our_letters(text)
    text = _BLANK.sub(" ", _BREAK.sub("\n", text))
    if text.isascii():
        return _CONTROL.sub("", text)
    return "".join(character for character in text if _is_seen(character))


def _is_seen(character: str) -> bool:
    if character in "\n\t\u200d":
        return True
    number = ord(character)
    if character in _INVISIBLE or 0xFE00 <= number <= 0xFE0E:
        return False
    if number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF:
        return False
    # Controls, formats (zero width, direction of writing, tags), private use, no character at all.
    return unicodedata.category(character) not in {"Cc", "Cf", "Co", "Cn"}


def _in_our_letters(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    text = _MARKS.sub(r"\1", _LATIN_MARKS.sub("", _SELECTOR.sub("", _JOINER.sub("", text))))
    text = "".join(map(_plain_letter, text)).translate(_SMALL_CAPITALS)
    return _MIXED.sub(lambda found: found[0].translate(_LOOK_ALIKES), text)


def _plain_letter(character: str) -> str:
    """A letter in a dress of its own (bold, wide, in a ring) as it is spelled."""
    if character.isascii():
        return character
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and plain.isalpha() else character
