"""What only KMS does: keys by ARN, an endpoint over a network, answers that others may have made."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from keys.custodians.kms import Credentials, KmsCustodian
from keys.errors import DoesNotOpen, HomeUnfit, RootRefused
from keys.secret import Secret
from tests.contracts import kms_stub
from tests.contracts.kms_stub import ARN, Fault, KmsStub

HELD = Secret(bytes(range(96)))
GIVEN = Credentials(access_key="AKIATESTSTESTSTESTS0", secret_key=Secret(b"secret-access-key"))


@pytest.fixture
def stub() -> Iterator[KmsStub]:
    with kms_stub.serving() as stub:
        yield stub


def custodian_of(stub: KmsStub, key: str = "one") -> KmsCustodian:
    return KmsCustodian(ARN + key, endpoint=stub.endpoint, credentials=GIVEN)


@pytest.fixture
def custodian(stub: KmsStub) -> KmsCustodian:
    return custodian_of(stub)


SPELLINGS = {
    "an alias": "arn:aws:kms:eu-test-1:111122223333:alias/root",
    "a bare id": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "another service": "arn:aws:s3:eu-test-1:111122223333:key/one",
    "nothing": "",
    "a part too many": ARN + "one:two",
}


@pytest.mark.parametrize("key", [pytest.param(key, id=title) for title, key in SPELLINGS.items()])
def test_a_key_that_could_come_to_mean_another_is_refused(key: str) -> None:
    with pytest.raises(HomeUnfit, match="full ARN"):
        KmsCustodian(key, credentials=GIVEN)


@pytest.mark.parametrize("endpoint", ["http://kms.example", "http://10.0.0.1:4566", "kms.example", "ftp://x"])
def test_attacker_on_the_network_reads_no_private_key(endpoint: str) -> None:
    with pytest.raises(HomeUnfit, match="https"):
        KmsCustodian(ARN + "one", endpoint=endpoint, credentials=GIVEN)


def test_the_region_is_that_of_the_key(custodian: KmsCustodian) -> None:
    assert custodian._client.meta.region_name == "eu-test-1"
    far = KmsCustodian(ARN + "one", credentials=GIVEN)
    assert far._client.meta.endpoint_url == "https://kms.eu-test-1.amazonaws.com"


def test_no_connection_is_kept(stub: KmsStub, custodian: KmsCustodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda _: custodian.unwrap(wrapped, context=b"c"), range(32))) == [HELD] * 32
    for _ in range(100):
        if stub.open_connections == 0:
            break
        time.sleep(0.01)
    assert stub.open_connections == 0


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.INTERNAL, Fault.CUT, Fault.NOT_JSON, Fault.EMPTY])
def test_a_passing_fault_is_tried_again_once(stub: KmsStub, custodian: KmsCustodian, fault: Fault) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    stub.asked.clear()
    with stub.failing(fault, once=True):
        assert custodian.unwrap(wrapped, context=b"c") == HELD
    assert stub.asked == ["Decrypt", "Decrypt"]


def test_a_disabled_key_is_not_asked_twice(stub: KmsStub, custodian: KmsCustodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    stub.asked.clear()
    with stub.failing(Fault.DISABLED), pytest.raises(RootRefused, match="DisabledException"):
        custodian.unwrap(wrapped, context=b"c")
    assert stub.asked == ["Decrypt"]


def test_damage_is_told_without_a_call(stub: KmsStub, custodian: KmsCustodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    stub.asked.clear()
    for altered in (b"", wrapped[:16], wrapped[:-1], bytes(16) + wrapped[16:]):
        with pytest.raises(DoesNotOpen):
            custodian.unwrap(altered, context=b"c")
    with pytest.raises(DoesNotOpen):
        custodian_of(stub, "two").unwrap(wrapped, context=b"c")
    assert stub.asked == []


def test_attacker_who_makes_the_mark_anew_still_opens_nothing(stub: KmsStub, custodian: KmsCustodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    altered = wrapped[16:-1] + bytes([wrapped[-1] ^ 1])
    with pytest.raises(DoesNotOpen):
        custodian.unwrap(custodian._mark(altered) + altered, context=b"c")
    other = custodian_of(stub, "two").wrap(HELD, context=b"c")[16:]
    with pytest.raises(DoesNotOpen):
        custodian.unwrap(custodian._mark(other) + other, context=b"c")
    assert stub.asked[-2:] == ["Encrypt", "Decrypt"], "it is KMS that refused"


def test_attacker_cannot_have_it_opened_with_a_key_of_theirs(stub: KmsStub, custodian: KmsCustodian) -> None:
    wrapped = custodian.wrap(HELD, context=b"c")
    with stub.failing(Fault.OTHER_KEY), pytest.raises(DoesNotOpen, match="another key"):
        custodian.unwrap(wrapped, context=b"c")
