"""Choose the custodian of a home, by its settings file `custodian.toml`; without one, a plain key file."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from keys.custodians import Custodian, passphrase
from keys.custodians.cache import Cached
from keys.custodians.file import FileCustodian
from keys.errors import HomeUnfit
from keys.files import read_private
from keys.passphrase import Ask, from_descriptor, from_file, from_person
from keys.secret import Secret

SETTINGS: Final = "custodian.toml"

# kind → settings that it must have, settings that it may have
_KINDS: Final[Mapping[str, tuple[set[str], set[str]]]] = {
    "file": (set(), set()),
    "passphrase": (set(), {"passphrase_file"}),
    "pkcs11": ({"module", "token", "key", "pin_file"}, set()),
    "kms": ({"key"}, {"endpoint", "credentials_file"}),
}


def choose(home: Path, *, fresh: bool, passphrase_from: int | None = None) -> Custodian:
    """Give the custodian of a home. Raises HomeUnfit, RootRefused or RootUnavailable, saying why it cannot.

    `fresh` tells that nothing is wrapped yet: only then is a root made (in KMS never: people do that there).
    A passphrase comes from the descriptor `passphrase_from`, else from the file in the settings, else from a
    person.
    """
    settings = _read(home / SETTINGS)
    match settings.pop("custodian"):
        case "pkcs11":
            return _pkcs11(settings, create=fresh)
        case "kms":
            return _kms(settings)
        case "passphrase":
            ask = _ask(settings.get("passphrase_file"), passphrase_from)
            return _root_file(
                home / "root.sealed",
                fresh=fresh,
                create=lambda path: passphrase.create(path, ask),
                load=lambda path: passphrase.load(path, ask),
            )
        case _:
            return _root_file(
                home / "root.key", fresh=fresh, create=FileCustodian.create, load=FileCustodian.load
            )


def _root_file(
    root: Path, *, fresh: bool, create: Callable[[Path], Custodian], load: Callable[[Path], Custodian]
) -> Custodian:
    if root.exists():
        return load(root)
    if not fresh:
        # A fresh root would start well and open nothing, and hide that the old one is missing.
        raise HomeUnfit(f"{root} is missing, but accounts have keys under it: restore it from its backup.")
    return create(root)


def _pkcs11(settings: Mapping[str, str], *, create: bool) -> Custodian:
    try:
        from keys.custodians.pkcs11 import Pkcs11Custodian, Place
    except ModuleNotFoundError as error:
        raise _not_installed("pkcs11", error) from error
    paths = {name: Path(settings[name]) for name in ("module", "pin_file")}
    return Pkcs11Custodian(Place(token=settings["token"], key=settings["key"], **paths), create=create)


def _kms(settings: Mapping[str, str]) -> Custodian:
    try:
        from keys.custodians.kms import Credentials, KmsCustodian
    except ModuleNotFoundError as error:
        raise _not_installed("kms", error) from error
    credentials = None
    if "credentials_file" in settings:
        given = _read_credentials(Path(settings["credentials_file"]))
        credentials = Credentials(access_key=given[0], secret_key=given[1])
    return Cached(KmsCustodian(settings["key"], endpoint=settings.get("endpoint"), credentials=credentials))


def _not_installed(kind: str, error: ModuleNotFoundError) -> HomeUnfit:
    return HomeUnfit(f"The custodian {kind} needs the package {error.name}: make custodians installs it.")


def _ask(file: str | None, descriptor: int | None) -> Ask:
    if descriptor is not None:
        return from_descriptor(descriptor)
    return from_person if file is None else from_file(Path(file))


def _read(path: Path) -> dict[str, str]:
    try:
        settings: dict[str, Any] = tomllib.loads(read_private(path).decode())
    except FileNotFoundError:
        return {"custodian": "file"}
    except (OSError, ValueError) as error:
        raise HomeUnfit(f"{path} cannot be read as TOML: {type(error).__name__}.") from error
    kind = str(settings.get("custodian"))
    if kind not in _KINDS:
        raise HomeUnfit(f"{path}: custodian is one of {', '.join(sorted(_KINDS))}.")
    must, may = _KINDS[kind]
    given = settings.keys() - {"custodian"}
    if not must <= given <= must | may or not all(isinstance(each, str) for each in settings.values()):
        raise HomeUnfit(f"{path}: the custodian {kind} takes texts called {', '.join(sorted(must | may))}.")
    return settings


def _read_credentials(path: Path) -> tuple[str, Secret]:
    try:
        given = json.loads(read_private(path))
        return str(given["access_key"]), Secret(str(given["secret_key"]).encode())
    except (OSError, ValueError, LookupError, TypeError):
        # Without its cause, which would quote the file.
        raise HomeUnfit(f'{path} is not {{"access_key": …, "secret_key": …}}.') from None
