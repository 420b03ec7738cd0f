"""What every custodian of a root must do, and how it fails. A new kind is one more line in KINDS."""

import base64
import logging
import secrets
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from keys.custodians import Custodian
from keys.errors import DoesNotOpen, RootUnavailable
from keys.secret import Secret
from tests.contracts import kms_stub
from tests.contracts.custodian_kinds import AT_ANY_TIME, AT_THE_START, GIVEN, KINDS, Around, Root, Trouble
from tests.contracts.kms_stub import KmsStub
from tests.contracts.soft_token import SoftToken

CONTEXT = b"purpose\0" + b"A" * 16 + b"K" * 16
HELD = Secret(secrets.token_bytes(96))


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    token = SoftToken(tmp_path_factory.mktemp("token"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(token.settings))
        yield token


@pytest.fixture(scope="module")
def stub() -> Iterator[KmsStub]:
    with kms_stub.serving() as stub:
        yield stub


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def around(tmp_path: Path, token: SoftToken, stub: KmsStub, moto: str) -> Around:
    return Around(folder=tmp_path, token=token, stub=stub, moto=moto)


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def another(request: pytest.FixtureRequest, around: Around) -> Callable[[], Custodian]:
    return lambda: request.param(around).custodian  # type: ignore[no-any-return]


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


def troubles(*tables: dict[str, Trouble]) -> list[object]:
    return [pytest.param(trouble, id=title) for table in tables for title, trouble in table.items()]


@contextmanager
def troubled(around: Around, trouble: Trouble) -> Iterator[tuple[Root, bytes]]:
    """Give a root in trouble and something wrapped under it; afterwards see that nothing has changed."""
    root = KINDS[trouble.kind](around)
    wrapped = root.custodian.wrap(HELD, context=CONTEXT)
    with trouble.happen(around, root.name):
        yield root, wrapped
    for custodian in (root.custodian, root.again()):
        assert eventually_unwraps(custodian, wrapped) == HELD


def eventually_unwraps(custodian: Custodian, wrapped: bytes) -> Secret:
    # A call that hung is left behind, and its custodian is free again a moment after the trouble ends.
    for _ in range(20):
        try:
            return custodian.unwrap(wrapped, context=CONTEXT)
        except RootUnavailable:
            time.sleep(0.05)
    return custodian.unwrap(wrapped, context=CONTEXT)


@pytest.mark.parametrize("trouble", troubles(AT_ANY_TIME))
def test_a_running_custodian_in_trouble_opens_nothing_and_says_so_in_time(
    around: Around, trouble: Trouble
) -> None:
    with troubled(around, trouble) as (root, wrapped):
        for work in (
            lambda: root.custodian.unwrap(wrapped, context=CONTEXT),
            lambda: root.custodian.wrap(HELD, context=CONTEXT),
        ):
            began = time.monotonic()
            with pytest.raises(trouble.error):
                work()
            assert time.monotonic() - began < 2


@pytest.mark.parametrize("trouble", troubles(AT_THE_START, AT_ANY_TIME))
def test_a_custodian_that_starts_in_trouble_opens_nothing(around: Around, trouble: Trouble) -> None:
    with troubled(around, trouble) as (root, wrapped), pytest.raises(trouble.error):
        root.again().unwrap(wrapped, context=CONTEXT)


def spellings(secret: bytes) -> list[str]:
    return [secret.hex(), base64.b64encode(secret).decode()[:-4], repr(secret)[2:-1]]


@pytest.mark.parametrize("trouble", troubles(AT_THE_START, AT_ANY_TIME))
def test_attacker_reads_no_secret_in_errors_logs_or_representations(
    around: Around, trouble: Trouble, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with troubled(around, trouble) as (root, wrapped), pytest.raises(trouble.error) as raised:
        root.again().unwrap(wrapped, context=CONTEXT)
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text + repr(vars(root))
    shown += repr(root.custodian) + repr(vars(root.custodian))
    assert [secret for secret in [*spellings(HELD.reveal()), *GIVEN] if secret in shown] == []


def test_the_search_for_secrets_would_find_one(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("anything").debug("body: %s", base64.b64encode(b"\x01" * 3 + HELD.reveal()).decode())
    assert any(each in caplog.text for each in spellings(HELD.reveal()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_custodian_opened_again_unwraps(around: Around, kind: str) -> None:
    root = KINDS[kind](around)
    wrapped = root.custodian.wrap(HELD, context=CONTEXT)
    assert root.again().unwrap(wrapped, context=CONTEXT) == HELD
