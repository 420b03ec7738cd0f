import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from keys.errors import BadKey, DoesNotOpen
from keys.secret import Secret
from keys.unwrap import PrivateKey
from keys.wrap import SUITE, PublicKey, data_key_context, wrap_data_key

PRIVATE = PrivateKey.generate()
OTHER = PrivateKey.generate()
DATA_KEY = bytes(range(32))
CONTEXT: dict[str, Any] = {
    "account_id": UUID(bytes=b"A" * 16),
    "item_id": UUID(bytes=b"I" * 16),
    "generation": 7,
    "data_key_id": UUID(bytes=b"K" * 16),
}
SEALED = wrap_data_key(PRIVATE.public_key(), DATA_KEY, **CONTEXT)


def test_the_private_half_opens_what_the_public_half_sealed() -> None:
    assert PRIVATE.open_data_key(SEALED, **CONTEXT) == Secret(DATA_KEY)


def test_no_two_sealings_are_alike() -> None:
    assert wrap_data_key(PRIVATE.public_key(), DATA_KEY, **CONTEXT) != SEALED


def test_lengths_are_as_documented() -> None:
    assert len(SEALED) == 1168
    assert len(PRIVATE.public_key().raw) == 1216
    assert len(PRIVATE.secret()) == 96


def test_a_key_is_the_same_after_it_was_stored() -> None:
    again = PrivateKey(PRIVATE.secret())
    assert again.public_key().raw == PRIVATE.public_key().raw
    assert again.open_data_key(SEALED, **CONTEXT) == Secret(DATA_KEY)


def test_the_context_is_spelt_as_documented() -> None:
    expected = b"recstore/data-key/v1\0" + b"A" * 16 + b"I" * 16 + bytes(7) + b"\x07" + b"K" * 16
    assert data_key_context(**CONTEXT) == expected


OTHER_CONTEXTS = {
    "another account": {"account_id": UUID(bytes=b"B" * 16)},
    "another item": {"item_id": UUID(bytes=b"B" * 16)},
    "another generation": {"generation": 8},
    "another data key": {"data_key_id": UUID(bytes=b"B" * 16)},
    "account and item exchanged": {"account_id": CONTEXT["item_id"], "item_id": CONTEXT["account_id"]},
}


@pytest.mark.parametrize("change", [pytest.param(c, id=title) for title, c in OTHER_CONTEXTS.items()])
def test_attacker_cannot_move_a_sealed_key_to_another_context(change: dict[str, Any]) -> None:
    with pytest.raises(DoesNotOpen):
        PRIVATE.open_data_key(SEALED, **CONTEXT | change)


ALTERED = {
    "first bit of the lattice part": bytes([SEALED[0] ^ 1]) + SEALED[1:],
    "one bit of the curve part": SEALED[:1100] + bytes([SEALED[1100] ^ 1]) + SEALED[1101:],
    "one bit of the sealed key": SEALED[:1125] + bytes([SEALED[1125] ^ 1]) + SEALED[1126:],
    "last bit of the tag": SEALED[:-1] + bytes([SEALED[-1] ^ 1]),
    "cut by a byte": SEALED[:-1],
    "longer by a byte": SEALED + b"\0",
    "empty": b"",
    "all zero": bytes(1168),
}


@pytest.mark.parametrize("sealed", [pytest.param(s, id=title) for title, s in ALTERED.items()])
def test_attacker_cannot_alter_a_sealed_key(sealed: bytes) -> None:
    with pytest.raises(DoesNotOpen):
        PRIVATE.open_data_key(sealed, **CONTEXT)


def test_attacker_with_another_accounts_key_opens_nothing() -> None:
    with pytest.raises(DoesNotOpen):
        OTHER.open_data_key(SEALED, **CONTEXT)


def test_attacker_needs_both_halves_of_the_private_key() -> None:
    mine, theirs = PRIVATE.secret().reveal(), OTHER.secret().reveal()
    for half in (mine[:64] + theirs[64:], theirs[:64] + mine[64:]):
        with pytest.raises(DoesNotOpen):
            PrivateKey(Secret(half)).open_data_key(SEALED, **CONTEXT)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_only_a_data_key_is_sealed(length: int) -> None:
    with pytest.raises(BadKey, match="32 bytes"):
        wrap_data_key(PRIVATE.public_key(), bytes(length), **CONTEXT)


@pytest.mark.parametrize("length", [0, 32, 1184, 1215, 1217])
def test_a_public_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadKey, match="1216 bytes"):
        PublicKey(bytes(length))


def test_attacker_cannot_pass_off_a_weak_point_as_a_public_key() -> None:
    weak = PublicKey(PRIVATE.public_key().raw[:1184] + bytes(32))
    with pytest.raises(BadKey):
        wrap_data_key(weak, DATA_KEY, **CONTEXT)


@pytest.mark.parametrize("length", [0, 64, 95, 97])
def test_a_private_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(BadKey, match="96 bytes"):
        PrivateKey(Secret(bytes(length)))


def test_a_key_sealed_by_an_earlier_version_still_opens() -> None:
    """Frozen bytes: when this fails, what is stored somewhere can no longer be opened."""
    frozen = json.loads(Path(__file__).with_name("sealed_data_key.json").read_text())
    private = PrivateKey(Secret(bytes.fromhex(frozen["private_key"])))
    opened = private.open_data_key(bytes.fromhex(frozen["sealed"]), **CONTEXT)
    assert opened == Secret(bytes.fromhex(frozen["data_key"]))


@pytest.mark.parametrize("length", [0, 16, 33])
def test_what_is_sealed_but_no_data_key_does_not_open(length: int) -> None:
    sealed = SUITE.encrypt(bytes(length), PRIVATE.public_key().hpke, info=data_key_context(**CONTEXT))
    with pytest.raises(DoesNotOpen):
        PRIVATE.open_data_key(sealed, **CONTEXT)
