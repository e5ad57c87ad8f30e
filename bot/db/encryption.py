"""Encryption of users' words at rest."""

from __future__ import annotations

import json
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class DecryptionError(Exception):
    """A stored value cannot be read with the keys of this installation."""


class Cipher:
    """Turns JSON values into ciphertext and back (Fernet: AES-128-CBC with HMAC).

    Args:
        keys: Fernet keys; the first one encrypts, all of them decrypt (rotation).
    """

    def __init__(self, keys: list[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, value: Any) -> bytes:
        """Encrypt a JSON value."""
        return self._fernet.encrypt(json.dumps(value, ensure_ascii=False).encode())

    def open(self, sealed: bytes) -> Any:
        """Decrypt a value.

        Raises:
            DecryptionError: none of the keys fits.
        """
        try:
            return json.loads(self._fernet.decrypt(sealed))
        except InvalidToken:
            raise DecryptionError("no key fits") from None
