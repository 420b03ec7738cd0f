"""Every kind of custodian, each with a fresh root when asked, and what can go wrong with that kind."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from secrets import token_hex

import boto3

from keys.custodians import Custodian, passphrase
from keys.custodians.cache import Cached
from keys.custodians.file import FileCustodian
from keys.custodians.kms import Credentials, KmsCustodian
from keys.custodians.passphrase import Cost
from keys.custodians.pkcs11 import Pkcs11Custodian
from keys.errors import HomeUnfit, KeysError, RootRefused, RootUnavailable
from keys.secret import Secret
from tests.contracts.kms_stub import ARN, Fault, KmsStub
from tests.contracts.soft_token import PIN, SoftToken

PASSPHRASE = "a long passphrase of tests"
ACCESS_KEY, SECRET_KEY = "AKIATESTSTESTSTESTS0", "secret-access-key-of-tests"
GIVEN = [PASSPHRASE, PIN, SECRET_KEY]  # what opens the way to a root must not show either
CHEAP = Cost(memory_kib=64, passes=1, lanes=1)
SECONDS = 0.6


@dataclass
class Around:
    """What the kinds need around them."""

    folder: Path
    token: SoftToken
    stub: KmsStub
    moto: str  # its endpoint


@dataclass
class Root:
    """A fresh root: its name (a path, a label, an ARN), its custodian, and how to open that again."""

    name: str
    custodian: Custodian
    again: Callable[[], Custodian]


def ask(new: bool) -> Secret:
    return Secret(PASSPHRASE.encode())


def file(around: Around) -> Root:
    path = around.folder / token_hex(4)
    return Root(str(path), FileCustodian.create(path), partial(FileCustodian.load, path))


def sealed_file(around: Around) -> Root:
    path = around.folder / token_hex(4)
    return Root(str(path), passphrase.create(path, ask, cost=CHEAP), partial(passphrase.load, path, ask))


def token(around: Around) -> Root:
    label = token_hex(4)
    open_token = partial(Pkcs11Custodian, around.token.place(label), seconds=SECONDS)
    return Root(label, open_token(create=True), open_token)


def credentials() -> Credentials:
    return Credentials(access_key=ACCESS_KEY, secret_key=Secret(SECRET_KEY.encode()))


def kms(around: Around) -> Root:
    arn, endpoint = ARN + token_hex(8), around.stub.endpoint
    again = partial(KmsCustodian, arn, endpoint=endpoint, credentials=credentials(), seconds=SECONDS)
    return Root(arn, again(), again)


def cached_kms(around: Around) -> Root:
    far = kms(around)
    return Root(far.name, Cached(far.custodian), lambda: Cached(far.again()))


def moto_kms(around: Around) -> Root:
    given = {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    client = boto3.client("kms", region_name="eu-central-1", endpoint_url=around.moto, **given)
    arn = client.create_key()["KeyMetadata"]["Arn"]
    client.close()
    again = partial(KmsCustodian, arn, endpoint=around.moto, credentials=credentials())
    return Root(arn, again(), again)


KINDS: dict[str, Callable[[Around], Root]] = {
    "file": file,
    "file under a passphrase": sealed_file,
    "token": token,
    "kms at moto": moto_kms,
    "kms at a stub": kms,
    "kms at a stub, cached": cached_kms,
}


@contextmanager
def moved_away(around: Around, name: str) -> Iterator[None]:
    aside = Path(name).rename(f"{name}.aside")
    yield
    aside.rename(name)


@contextmanager
def cut(around: Around, name: str) -> Iterator[None]:
    whole = Path(name).read_bytes()
    Path(name).write_bytes(whole[:-3])
    yield
    Path(name).write_bytes(whole)


@contextmanager
def disabled_in_token(around: Around, name: str) -> Iterator[None]:
    around.token.do("key[A.DECRYPT] = False", name)
    yield
    around.token.do("key[A.DECRYPT] = True", name)


@contextmanager
def missing_in_token(around: Around, name: str) -> Iterator[None]:
    around.token.do("key[A.LABEL] = sys.argv[4] + '-aside'", name)
    yield
    around.token.do("key[A.LABEL] = sys.argv[4].removesuffix('-aside')", f"{name}-aside")


def hanging_token(around: Around, name: str) -> AbstractContextManager[None]:
    return around.token.hanging()


def stub_fault(fault: Fault, around: Around, name: str) -> AbstractContextManager[None]:
    return around.stub.failing(fault)


@dataclass(frozen=True)
class Trouble:
    """Something that happens to one kind of root, and the error that must follow."""

    kind: str
    happen: Callable[[Around, str], AbstractContextManager[None]]
    error: type[KeysError]


REFUSED = [Fault.MISSING, Fault.DISABLED, Fault.PENDING_DELETION, Fault.DENIED, Fault.BAD_SIGNATURE]
BROKEN = [Fault.HANG, Fault.TRICKLE, Fault.CUT, Fault.EMPTY, Fault.NOT_JSON, Fault.THROTTLED, Fault.INTERNAL]

# A root in a file is read once, at the start: there is nothing to disable, and nothing that can be late.
# A key renamed in its token is missing at the start only: who holds it already goes on.
AT_THE_START: dict[str, Trouble] = {
    "file missing": Trouble("file", moved_away, HomeUnfit),
    "file cut": Trouble("file", cut, HomeUnfit),
    "sealed file missing": Trouble("file under a passphrase", moved_away, HomeUnfit),
    "sealed file cut": Trouble("file under a passphrase", cut, HomeUnfit),
    "token: key missing": Trouble("token", missing_in_token, RootRefused),
}
AT_ANY_TIME: dict[str, Trouble] = {
    "token: key disabled": Trouble("token", disabled_in_token, RootRefused),
    "token: hangs": Trouble("token", hanging_token, RootUnavailable),
}
for _error, _faults in ((RootRefused, REFUSED), (RootUnavailable, BROKEN)):
    for _fault in _faults:
        AT_ANY_TIME[f"kms: {_fault}"] = Trouble("kms at a stub", partial(stub_fault, _fault), _error)
    _cached = Trouble("kms at a stub, cached", partial(stub_fault, _faults[0]), _error)
    AT_ANY_TIME[f"kms, cached: {_faults[0]}"] = _cached
