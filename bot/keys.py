"""The file with the encryption keys of an installation; it may change while the bot runs."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from cryptography.fernet import Fernet


def parsed(keys: Iterable[str]) -> list[bytes]:
    """Fernet keys, in their order.

    Raises:
        ValueError: one of them is none.
    """
    return [key.strip().encode() for key in keys if Fernet(key.strip())]


class KeyFile:
    """Fernet keys, one a line: the first one encrypts, all of them decrypt.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] | None = None

    def exists(self) -> bool:
        """Whether there is such a file."""
        return self._path.exists()

    def make(self) -> None:
        """Write a file with a new key.

        Raises:
            OSError: that is not possible here.
        """
        self.write([Fernet.generate_key()])

    def read(self) -> list[bytes]:
        """The keys.

        Raises:
            ValueError: it holds something else.
            OSError: it cannot be read.
        """
        return parsed(self._path.read_text().split())

    def write(self, keys: Iterable[bytes]) -> None:
        """Put these keys in place of those that are there; nobody ever reads half a file."""
        new = self._path.with_suffix(".new")
        new.unlink(missing_ok=True)
        new.touch(mode=0o600)
        with new.open("wb") as file:
            file.writelines(key + b"\n" for key in keys)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        # After a power cut too: what is encrypted next can be read with nothing else.
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def changed(self) -> list[bytes] | None:
        """The keys when the file changed since the last look, or is looked at first.

        A file that cannot be read, or holds no key, changes nothing.
        """
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return None
        try:
            keys = parsed(self._path.read_text().split())
        except (OSError, ValueError):
            return None
        self._seen = stamp
        return keys or None

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size
