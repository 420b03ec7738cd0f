"""A sealed text of the catalog opens in its own place, whole, and nowhere else."""

from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from keys.secret import Secret
from recstore.errors import Damaged
from recstore.sealing.cell import Place, key_of, open_text, seal_text

KEY, KEY_ID = Secret(bytes(range(32))), UUID(bytes=b"K" * 16)
PLACE = Place(UUID(bytes=b"A" * 16), "items", "title", b"R" * 16)
NONCE = b"N" * 12


def seal(text: str, place: Place = PLACE, key_id: UUID = KEY_ID) -> bytes:
    return seal_text(text, place, key_id=key_id, key=KEY, nonce=NONCE)


CELL = seal("Board meeting")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_opens_as_it_was(text: str) -> None:
    assert open_text(seal(text), PLACE, key=KEY) == text


def test_the_format_is_as_documented() -> None:
    context = b"recstore/text/v1\0" + b"A" * 16 + b"R" * 16 + b"K" * 16 + b"items\0title"
    padded = b"Board meeting\x80" + bytes(18)
    sealed = AESGCM(KEY.reveal()).encrypt(NONCE, padded, context)
    assert b"K" * 16 + NONCE + sealed == CELL
    assert key_of(CELL) == KEY_ID


LENGTHS = {"": 76, "a" * 31: 76, "a" * 32: 108, "ä" * 31: 108}


@pytest.mark.parametrize(("text", "length"), LENGTHS.items())
def test_a_cells_length_tells_the_texts_only_in_steps_of_32(text: str, length: int) -> None:
    assert len(seal(text)) == length


def test_a_text_that_ends_like_padding_is_not_cut() -> None:
    for text in ("\0", "end\0\0", "\x80", "\x80\0", "end\u0080\0"):
        assert open_text(seal(text), PLACE, key=KEY) == text


ELSEWHERE = {
    "another account": replace(PLACE, account_id=UUID(bytes=b"B" * 16)),
    "another table": replace(PLACE, table="calls"),
    "another column": replace(PLACE, column="ref"),
    "another row": replace(PLACE, row=b"S" * 16),
    "a table and column that read the same together": replace(PLACE, table="item", column="stitle"),
}


@pytest.mark.parametrize("place", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_attacker_moves_a_cell(place: Place) -> None:
    with pytest.raises(Damaged):
        open_text(CELL, place, key=KEY)


@pytest.mark.parametrize("byte", range(len(CELL)))
def test_attacker_flips_one_bit(byte: int) -> None:
    forged = bytearray(CELL)
    forged[byte] ^= 1
    with pytest.raises(Damaged):
        open_text(bytes(forged), PLACE, key=KEY)


def test_attacker_names_another_key_or_has_another() -> None:
    with pytest.raises(Damaged):
        open_text(b"L" * 16 + CELL[16:], PLACE, key=KEY)
    with pytest.raises(Damaged):
        open_text(CELL, PLACE, key=Secret(bytes(32)))


@pytest.mark.parametrize("length", [0, 16, 28, 75])
def test_what_is_too_short_to_be_a_cell_is_damaged(length: int) -> None:
    with pytest.raises(Damaged):
        key_of(CELL[:length])
