"""A text as numbered pieces of words, as multilingual-e5-small was trained on them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer
from tokenizers.models import Unigram
from tokenizers.normalizers import NFKC, Replace, Sequence
from tokenizers.pre_tokenizers import Metaspace

from nlu.encoder.weights import Weights, installed

# What e5 wants in front of a text that is asked about.
PROMPT = "query: "
# A longer text is read at its beginning and at its end: the point stands at either.
LONGEST = 72


class Tokens:
    """Cuts texts into pieces.

    Args:
        weights: of the encoder, with its vocabulary.
    """

    def __init__(self, weights: Weights) -> None:
        vocabulary = list(zip(weights.pieces, weights.scores.tolist(), strict=True))
        self._tokenizer = Tokenizer(Unigram(vocabulary, weights.unknown))
        self._tokenizer.normalizer = Sequence([NFKC(), Replace(Regex(r"\s+"), " ")])
        self._tokenizer.pre_tokenizer = Metaspace()
        self._begin, self._end = weights.begin, weights.end

    def of(self, text: str) -> npt.NDArray[np.int64]:
        """The numbers of a text's pieces, at most LONGEST, with those of begin and end."""
        pieces: list[int] = self._tokenizer.encode(PROMPT + text).ids
        room = LONGEST - 2
        if len(pieces) > room:
            pieces = pieces[: room // 2] + pieces[-(room - room // 2) :]
        return np.array([self._begin, *pieces, self._end], dtype=np.int64)


@lru_cache(maxsize=1)
def tokens() -> Tokens:
    """The vocabulary of the installed weights, read once a process (0.6 s)."""
    return Tokens(installed())
