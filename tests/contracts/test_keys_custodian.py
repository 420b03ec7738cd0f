"""What every custodian of a root must do. A new kind is one more line in CUSTODIANS."""

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest

from keys.custodians import Custodian
from keys.custodians.file import FileCustodian
from keys.errors import DoesNotOpen
from keys.secret import Secret

CONTEXT = b"purpose\0" + b"A" * 16 + b"K" * 16
HELD = Secret(secrets.token_bytes(96))


def file(folder: Path) -> Custodian:
    return FileCustodian.create(folder / secrets.token_hex(4))


CUSTODIANS: dict[str, Callable[[Path], Custodian]] = {"file": file}


@pytest.fixture(params=CUSTODIANS.values(), ids=CUSTODIANS.keys())
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Custodian]:
    return lambda: request.param(tmp_path)  # type: ignore[no-any-return]


@pytest.fixture
def custodian(another: Callable[[], Custodian]) -> Custodian:
    return another()


@pytest.mark.parametrize("length", [0, 1, 32, 96, 1024])
def test_what_was_wrapped_unwraps(custodian: Custodian, length: int) -> None:
    secret = Secret(secrets.token_bytes(length))
    assert custodian.unwrap(custodian.wrap(secret, context=CONTEXT), context=CONTEXT) == secret


def test_what_was_wrapped_does_not_show(custodian: Custodian) -> None:
    assert HELD.reveal()[:16] not in custodian.wrap(HELD, context=CONTEXT)


def test_no_two_results_are_alike(custodian: Custodian) -> None:
    results = {custodian.wrap(HELD, context=CONTEXT) for _ in range(64)}
    assert len(results) == 64


@pytest.mark.parametrize(
    "context",
    [
        pytest.param(b"", id="none"),
        pytest.param(CONTEXT[:-1], id="cut"),
        pytest.param(CONTEXT + b"\0", id="longer"),
        pytest.param(b"Purpose\0" + CONTEXT[8:], id="another purpose"),
        pytest.param(CONTEXT[:8] + b"B" * 16 + CONTEXT[24:], id="another account"),
        pytest.param(CONTEXT[:24] + b"L" * 16, id="another key"),
    ],
)
def test_attacker_cannot_unwrap_under_another_context(custodian: Custodian, context: bytes) -> None:
    wrapped = custodian.wrap(HELD, context=CONTEXT)
    with pytest.raises(DoesNotOpen):
        custodian.unwrap(wrapped, context=context)


def test_attacker_cannot_alter_one_bit(custodian: Custodian) -> None:
    wrapped = custodian.wrap(HELD, context=CONTEXT)
    for place in range(len(wrapped)):
        altered = wrapped[:place] + bytes([wrapped[place] ^ 1]) + wrapped[place + 1 :]
        with pytest.raises(DoesNotOpen):
            custodian.unwrap(altered, context=CONTEXT)


def test_attacker_cannot_cut_what_is_wrapped(custodian: Custodian) -> None:
    wrapped = custodian.wrap(HELD, context=CONTEXT)
    for length in range(len(wrapped)):
        with pytest.raises(DoesNotOpen):
            custodian.unwrap(wrapped[:length], context=CONTEXT)


def test_attacker_with_another_root_unwraps_nothing(
    custodian: Custodian, another: Callable[[], Custodian]
) -> None:
    wrapped = custodian.wrap(HELD, context=CONTEXT)
    with pytest.raises(DoesNotOpen):
        another().unwrap(wrapped, context=CONTEXT)
