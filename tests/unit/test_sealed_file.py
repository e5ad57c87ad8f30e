"""A file that only a passphrase opens."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot import sealed_file
from bot.sealed_file import COST, LENGTH, MAGIC, PIECE, SALT, SealedFileError, SealedWriter, pieces

PASSPHRASE = "vier losse woorden samen"
HEADER = len(MAGIC) + 1 + SALT


@pytest.fixture(autouse=True, scope="module")
def quick() -> object:
    """A cost that a test can pay many times."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sealed_file, "COST", 4)
        yield


def sealed(*data: bytes) -> bytes:
    file = io.BytesIO()
    writer = SealedWriter(file, PASSPHRASE)
    for one in data:
        writer.write(one)
    writer.close()
    return file.getvalue()


def opened(data: bytes, passphrase: str = PASSPHRASE) -> bytes:
    return b"".join(pieces(io.BytesIO(data), passphrase))


def starts(data: bytes) -> list[int]:
    """Where the pieces begin, and where the last one ends."""
    found = [HEADER]
    while found[-1] < len(data):
        size = int.from_bytes(data[found[-1] : found[-1] + LENGTH])
        found.append(found[-1] + LENGTH + size)
    return found


def test_a_passphrase_costs_somebody_who_tries_many_a_lot() -> None:
    assert COST >= 17


@settings(deadline=None)
@given(st.lists(st.binary(max_size=3 * PIECE), max_size=4))
def test_what_is_sealed_opens_as_it_was(data: list[bytes]) -> None:
    assert opened(sealed(*data)) == b"".join(data)


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 5 * PIECE + 7])
def test_around_the_borders_of_pieces(size: int) -> None:
    data = bytes(range(256)) * (size // 256 + 1)
    assert opened(sealed(data[:size])) == data[:size]


def test_it_cannot_be_read_and_never_looks_the_same() -> None:
    assert b"zwager" not in sealed(b"mijn zwager")
    assert sealed(b"mijn zwager") != sealed(b"mijn zwager")


def test_another_passphrase_does_not_open_it() -> None:
    with pytest.raises(SealedFileError, match="another passphrase"):
        opened(sealed(b"geheim"), "iets heel anders")


@pytest.mark.parametrize("place", [0, len(MAGIC), HEADER - 1, HEADER, HEADER + 3, HEADER + 9, -1])
def test_a_changed_byte_is_noticed(place: int) -> None:
    data = bytearray(sealed(b"geheim"))
    data[place] ^= 0x40
    with pytest.raises(SealedFileError):
        opened(bytes(data))


def test_pieces_left_out_moved_or_cut_off_are_noticed() -> None:
    data = sealed(bytes(3 * PIECE + 10))
    [a, b, c, d, end] = starts(data)
    whole = [data[a:b], data[b:c], data[c:d], data[d:end]]
    header = data[:a]
    for changed in (
        whole[:3],  # the last one is missing
        whole[:1],
        [],
        whole[1:],
        [whole[1], whole[0], *whole[2:]],
        [*whole, whole[3]],
    ):
        with pytest.raises(SealedFileError):
            opened(header + b"".join(changed))
    assert opened(header + b"".join(whole)) == bytes(3 * PIECE + 10)


@pytest.mark.parametrize("length", [0, 5, HEADER - 1, HEADER, HEADER + 2, HEADER + 12])
def test_a_file_that_was_cut_off_is_noticed(length: int) -> None:
    with pytest.raises(SealedFileError):
        opened(sealed(b"geheim")[:length])


def test_another_file_says_so() -> None:
    with pytest.raises(SealedFileError, match="no backup"):
        opened(b"SQLite format 3\x00" * 10)
