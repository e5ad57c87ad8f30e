"""Typos of a thumb on a phone: to learn from, and to measure with."""

from __future__ import annotations

import random

SHARE = 0.10
NEIGHBOURS = {
    "a": "qsz", "b": "vgn", "c": "xdv", "d": "sfe", "e": "wrd", "f": "dgr", "g": "fht", "h": "gjy",
    "i": "uok", "j": "hku", "k": "jli", "l": "kop", "m": "nk", "n": "bmh", "o": "ipl", "p": "ol",
    "q": "wa", "r": "etf", "s": "adw", "t": "ryg", "u": "yij", "v": "cbf", "w": "qes", "x": "zcs",
    "y": "tuh", "z": "xa",
}  # fmt: skip


def mistyped(text: str, seed: int) -> str:
    """A text with one in ten letters mistyped: swapped, dropped, doubled, or a neighbouring key.

    Args:
        text: any text.
        seed: the same seed gives the same mistakes.
    """
    chance = random.Random(seed)  # noqa: S311
    letters = list(text)
    for at, letter in enumerate(letters):
        if not letter.isalpha() or chance.random() >= SHARE:
            continue
        mistake = chance.choice(("swap", "drop", "double", "neighbour"))
        if mistake == "swap" and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif mistake == "drop":
            letters[at] = ""
        elif mistake == "double":
            letters[at] = letter * 2
        else:
            letters[at] = chance.choice(NEIGHBOURS.get(letter.lower(), letter))
    return "".join(letters)
