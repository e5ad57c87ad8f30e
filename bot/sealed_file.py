"""A file that only a passphrase opens, written and read in pieces.

AES-256-GCM under a key that scrypt makes of the passphrase. The pieces are numbered and the last
one is marked as such (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015), so
that none can be changed, moved, left out or cut off unnoticed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

MAGIC = b"TEVOET-SEALED-1\n"
SALT, TAG, LENGTH = 16, 16, 4
PIECE = 1 << 16
# Of scrypt, as a power of two: 128 MB and some tenths of a second for each passphrase tried.
COST, HIGHEST_COST = 17, 20
MORE, LAST = b"\x00", b"\x01"


class SealedFileError(Exception):
    """A file cannot be opened: another passphrase, or it is damaged."""


def _key(passphrase: str, salt: bytes, cost: int) -> AESGCM:
    return AESGCM(Scrypt(salt, length=32, n=1 << cost, r=8, p=1).derive(passphrase.encode()))


class SealedWriter:
    """Encrypts what is written to it; `close` makes the file complete.

    Args:
        file: where it goes.
        passphrase: what opens it.
    """

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        salt = os.urandom(SALT)
        self._file, self._waiting, self._number = file, bytearray(), 0
        self._header = MAGIC + bytes([COST]) + salt
        self._aead = _key(passphrase, salt, COST)
        file.write(self._header)

    def write(self, data: bytes) -> None:
        """Add to the file."""
        self._waiting += data
        while len(self._waiting) > PIECE:
            self._put(bytes(self._waiting[:PIECE]), MORE)
            del self._waiting[:PIECE]

    def close(self) -> None:
        """Write the last piece; without it the file does not open."""
        self._put(bytes(self._waiting), LAST)

    def _put(self, piece: bytes, which: bytes) -> None:
        nonce = self._number.to_bytes(12)
        sealed = self._aead.encrypt(nonce, piece, self._header + which)
        self._file.write(len(sealed).to_bytes(LENGTH) + sealed)
        self._number += 1


def pieces(file: BinaryIO, passphrase: str) -> Iterator[bytes]:
    """What a sealed file holds, piece by piece.

    Args:
        file: written by SealedWriter.
        passphrase: what opens it.

    Raises:
        SealedFileError: it does not open; what came before may be used for nothing.
    """
    header = file.read(len(MAGIC) + 1 + SALT)
    if len(header) < len(MAGIC) + 1 + SALT or not header.startswith(MAGIC):
        raise SealedFileError("this is no backup of TeVoet")
    if (cost := header[len(MAGIC)]) > HIGHEST_COST:
        raise SealedFileError("the file is damaged")
    aead = _key(passphrase, header[-SALT:], cost)
    number, length = 0, file.read(LENGTH)
    while True:
        size = int.from_bytes(length)
        sealed = file.read(size) if TAG <= size <= PIECE + TAG else b""
        length = file.read(LENGTH) if len(sealed) == size else MORE
        try:
            nonce = number.to_bytes(12)
            yield aead.decrypt(nonce, sealed, header + (MORE if length else LAST))
        except (InvalidTag, ValueError):
            raise SealedFileError("another passphrase, or the file is damaged") from None
        if not length:
            return
        number += 1
