"""Users' words at rest."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bot.db.encryption import Cipher, DecryptionError

OLD, NEW, STRANGE = Fernet.generate_key(), Fernet.generate_key(), Fernet.generate_key()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_what_is_sealed_opens_as_it_was(value: Any) -> None:
    cipher = Cipher([NEW])
    assert cipher.open(cipher.seal(value)) == value


def test_sealed_words_cannot_be_read() -> None:
    sealed = Cipher([NEW]).seal({"value": "mijn zwager liegt"})
    assert b"zwager" not in sealed
    assert b"zwager" not in json.dumps(sealed.decode("latin-1")).encode()


def test_the_same_words_look_different_each_time() -> None:
    cipher = Cipher([NEW])
    assert cipher.seal("ja") != cipher.seal("ja")


def test_after_a_new_key_old_words_still_open_and_new_ones_need_the_new_key() -> None:
    of_before = Cipher([OLD]).seal("van vroeger")
    rotated = Cipher([NEW, OLD])
    assert rotated.open(of_before) == "van vroeger"
    of_now = rotated.seal("van nu")
    assert Cipher([NEW]).open(of_now) == "van nu"
    with pytest.raises(DecryptionError):
        Cipher([OLD]).open(of_now)


def test_a_wrong_key_is_an_error_of_its_own() -> None:
    with pytest.raises(DecryptionError, match="no key fits"):
        Cipher([STRANGE]).open(Cipher([NEW]).seal("geheim"))


@pytest.mark.parametrize("place", [0, 20, -1])
def test_changed_bytes_do_not_open(place: int) -> None:
    sealed = bytearray(Cipher([NEW]).seal("geheim"))
    sealed[place] = sealed[place] ^ 1
    with pytest.raises(DecryptionError):
        Cipher([NEW]).open(bytes(sealed))


def test_nothing_does_not_open() -> None:
    with pytest.raises(DecryptionError):
        Cipher([NEW]).open(b"")
