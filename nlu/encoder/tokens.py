"""A text as numbered pieces of words, as multilingual-e5-small was trained on them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from sentencepiece import SentencePieceProcessor
from sentencepiece.sentencepiece_model_pb2 import ModelProto, TrainerSpec

from nlu.encoder.weights import Weights, installed

# What e5 wants in front of a text that is asked about.
PROMPT = "query: "
# A longer text is read at its beginning and at its end: the point stands at either.
LONGEST = 72
_SPACE = re.compile(r"\s+")


class Tokens:
    """Cuts texts into pieces.

    Args:
        weights: of the encoder, with its vocabulary.
    """

    def __init__(self, weights: Weights) -> None:
        self._cutter = SentencePieceProcessor(model_proto=_vocabulary(weights))
        self._begin, self._end = weights.begin, weights.end

    def of(self, text: str) -> npt.NDArray[np.int64]:
        """The numbers of a text's pieces, at most LONGEST, with those of begin and end."""
        plain = _SPACE.sub(" ", unicodedata.normalize("NFKC", PROMPT + text))
        pieces: list[int] = self._cutter.encode(plain)
        room = LONGEST - 2
        if len(pieces) > room:
            pieces = pieces[: room // 2] + pieces[-(room - room // 2) :]
        return np.array([self._begin, *pieces, self._end], dtype=np.int64)


def _vocabulary(weights: Weights) -> bytes:
    """The pieces and their scores, as SentencePiece reads them."""
    model = ModelProto()
    sort = ModelProto.SentencePiece
    # What stands for no text: nobody can type it.
    sorts = dict.fromkeys((weights.begin, weights.end, weights.padding), sort.CONTROL)
    sorts[weights.unknown] = sort.UNKNOWN
    for number, (piece, score) in enumerate(zip(weights.pieces, weights.scores, strict=True)):
        model.pieces.add(piece=piece, score=score, type=sorts.get(number, sort.NORMAL))
    trainer, normal = model.trainer_spec, model.normalizer_spec
    trainer.model_type = TrainerSpec.UNIGRAM
    trainer.unk_id, trainer.pad_id = weights.unknown, weights.padding
    trainer.bos_id, trainer.eos_id = weights.begin, weights.end
    normal.name, normal.remove_extra_whitespaces = "identity", False
    serialised: bytes = model.SerializeToString()
    return serialised


@lru_cache(maxsize=1)
def tokens() -> Tokens:
    """The vocabulary of the installed weights, read once a process (1 s)."""
    return Tokens(installed())
