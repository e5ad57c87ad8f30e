"""Encryption of users' words at rest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bot.keys import KeyFile


class DecryptionError(Exception):
    """A stored value cannot be read with the keys of this installation."""


class Cipher:
    """Turns JSON values into ciphertext and back (Fernet: AES-128-CBC with HMAC).

    Args:
        keys: Fernet keys; the first one encrypts, all of them decrypt (rotation).
        file: where they stand, if in a file: what changes there holds from the next value on, so
            that keys can be rotated while the bot runs.
    """

    def __init__(self, keys: Sequence[bytes], file: KeyFile | None = None) -> None:
        self._use(keys)
        self._file = file

    def _use(self, keys: Sequence[bytes]) -> None:
        self._first = Fernet(keys[0])
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def _renew(self) -> None:
        if self._file and (keys := self._file.changed()):
            self._use(keys)

    def seal(self, value: Any) -> bytes:
        """Encrypt a JSON value."""
        self._renew()
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open(self, sealed: bytes) -> Any:
        """Decrypt a value.

        Raises:
            DecryptionError: none of the keys fits.
        """
        self._renew()
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise DecryptionError("no key fits") from None

    def resealed(self, sealed: bytes) -> bytes | None:
        """A value encrypted anew with the first key, None when it is already.

        Raises:
            DecryptionError: none of the keys fits.
        """
        self._renew()
        try:
            self._first.decrypt(sealed)
            return None
        except InvalidToken:
            pass
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise DecryptionError("no key fits") from None
