"""Several files in one: what somebody takes along of what is kept about them."""

from __future__ import annotations

import io
import zipfile

from bot.content_files import Strict


class Archive(Strict):
    """A ZIP file.

    Args:
        name: of the file.
        files: text by name.
    """

    name: str
    files: dict[str, str]


def pack(archive: Archive) -> bytes:
    """The archive as bytes; the same files always give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        for name, text in archive.files.items():
            # Without a date of its own a file gets that of the machine.
            folder.writestr(zipfile.ZipInfo(name), text, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
