import copy
import io
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest

from keys.passing import PassingSecret
from keys.secret import Secret

HIDDEN = b"swordfish-swordfish-swordfish-32"
SECRET = Secret(HIDDEN)


def logged(secret: Secret) -> str:
    stream = io.StringIO()
    logger = logging.Logger("test")
    logger.addHandler(logging.StreamHandler(stream))
    logger.error("found %s and %r", secret, secret)
    return stream.getvalue()


def raised(secret: Secret) -> str:
    return "".join(traceback.format_exception(ValueError(secret, [secret])))


SHOWN: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda secret: f"{secret}",
    "f-string with repr": lambda secret: f"{secret!r:>60}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031 - the old way is the case
    "format": lambda secret: "{:^40}".format(secret),  # noqa: UP032
    "in a list": lambda secret: str([secret]),
    "logging": logged,
    "exception": raised,
}


@pytest.mark.parametrize("show", [pytest.param(show, id=title) for title, show in SHOWN.items()])
def test_a_secret_never_shows(show: Callable[[Secret], str]) -> None:
    shown = show(SECRET)
    assert "Secret of 32 bytes" in shown
    for spelling in (HIDDEN.decode(), HIDDEN.hex(), "swordfish"):
        assert spelling not in shown


LEAKS: dict[str, Callable[[Secret], object]] = {
    "pickle, oldest": lambda secret: pickle.dumps(secret, protocol=0),
    "pickle, newest": lambda secret: pickle.dumps(secret, protocol=pickle.HIGHEST_PROTOCOL),
    "copy": copy.copy,
    "deep copy": copy.deepcopy,
    "JSON": json.dumps,
    "hash": hash,
    "bytes": lambda secret: bytes(secret),  # type: ignore[call-overload]
    "attributes": vars,
}


@pytest.mark.parametrize("leak", [pytest.param(leak, id=title) for title, leak in LEAKS.items()])
def test_a_secret_does_not_travel(leak: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as error:
        leak(SECRET)
    assert "swordfish" not in str(error.value)


def test_reveal_gives_the_bytes() -> None:
    assert SECRET.reveal() == HIDDEN
    assert len(SECRET) == 32


def test_secrets_compare_with_secrets_alone() -> None:
    assert Secret(HIDDEN) == Secret(HIDDEN)
    assert Secret(HIDDEN) != Secret(HIDDEN[:-1] + b"3")
    assert Secret(HIDDEN) != HIDDEN


def test_a_passing_secret_is_random_and_zero_after_its_block() -> None:
    with PassingSecret(32) as first, PassingSecret(32) as second:
        assert first != second
        held = first.reveal()
        assert any(held)
        assert repr(first) == "<PassingSecret of 32 bytes>"
    assert held == bytes(32)


def test_a_passing_secret_is_zero_after_a_fault_too() -> None:
    secret = PassingSecret(32)
    with pytest.raises(ValueError, match="broken"), secret:
        raise ValueError("broken off")
    assert secret.reveal() == bytes(32)
