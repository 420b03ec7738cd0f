"""Where chunks lie, and where a segment belongs."""

from typing import Any
from uuid import UUID

import pytest

from recstore.model import Kind
from recstore.sealing.layout import (
    chunk_start,
    derive_segment_key,
    last_chunk,
    sealed_length,
    segment_context,
)

PLACE: dict[str, Any] = {
    "kind": Kind.RECORDING,
    "account_id": UUID(bytes=b"T" * 16),
    "item_id": UUID(bytes=b"O" * 16),
    "generation": 7,
    "index": 3,
}


@pytest.mark.parametrize(
    ("plain_length", "last", "sealed"),
    [
        pytest.param(0, 0, 56 + 16, id="nothing is one empty chunk"),
        pytest.param(1, 0, 56 + 17, id="one byte"),
        pytest.param(16383, 0, 56 + 16399, id="the longest last chunk"),
        pytest.param(16384, 1, 56 + 16400 + 16, id="a whole chunk is followed by an empty one"),
        pytest.param(40000, 2, 56 + 2 * 16400 + 7232 + 16, id="two whole chunks and a short one"),
    ],
)
def test_lengths(plain_length: int, last: int, sealed: int) -> None:
    assert last_chunk(plain_length) == last
    assert sealed_length(plain_length) == sealed
    assert chunk_start(last) + plain_length % 16384 + 16 == sealed


def test_the_context_has_a_fixed_layout() -> None:
    expected = b"recstore/segment/v1\0" + b"\1" + b"T" * 16 + b"O" * 16 + b"\0" * 7 + b"\7" + b"\0\0\0\3"
    assert segment_context(**PLACE) == expected
    assert len(expected) == 65


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"kind": Kind.TRANSCRIPT}, id="kind"),
        pytest.param({"account_id": UUID(int=1)}, id="account"),
        pytest.param({"item_id": UUID(int=1)}, id="item"),
        pytest.param({"generation": 8}, id="generation"),
        pytest.param({"index": 4}, id="index"),
    ],
)
def test_every_part_of_the_context_counts(change: dict[str, Any]) -> None:
    assert segment_context(**PLACE | change) != segment_context(**PLACE)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        pytest.param({"kind": Kind.MESSAGE}, ValueError, id="a message is sealed within its transcript"),
        pytest.param({"generation": -1}, OverflowError, id="negative generation"),
        pytest.param({"generation": 1 << 64}, OverflowError, id="generation too large"),
        pytest.param({"index": 1 << 32}, OverflowError, id="index too large"),
    ],
)
def test_no_context_for_what_has_no_place(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        segment_context(**PLACE | change)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_data_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        derive_segment_key(bytes(length), salt=bytes(24), context=b"")


def test_a_segment_key_does_not_show_in_its_repr() -> None:
    key = derive_segment_key(bytes(32), salt=bytes(24), context=b"")
    assert str(key.base_nonce) not in repr(key)
    assert repr(key.commitment) not in repr(key)


def test_no_two_chunks_share_a_nonce() -> None:
    key = derive_segment_key(bytes(32), salt=bytes(24), context=b"")
    nonces = {key.nonce(chunk) for chunk in range(10_000)}
    assert len(nonces) == 10_000
    assert {len(nonce) for nonce in nonces} == {12}
