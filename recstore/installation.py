"""The folder of an installation: what `recstore init` makes, readable by its owner alone."""

import os
import secrets
from pathlib import Path

from recstore.errors import Misconfigured
from recstore.settings import Settings

# Keyed hashes of refs and addresses; signatures of the web's CSRF tokens.
LOOKUP = "lookup.key"
COOKIES = "cookies.key"
LENGTH = 32


def prepare(settings: Settings) -> None:
    """Make what is missing, but for the look-up key; leave alone what is there.

    Raises Misconfigured when others can look into the folder.
    """
    for folder in (settings.data, settings.secrets_folder, settings.data / "run", settings.data / "logs"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_onlookers(folder)
    make_secret(settings, COOKIES)
    if settings.database_url is None:
        # Made before SQLite would make it, which asks only the umask; its -wal and -shm take the mode over.
        (settings.data / "catalog.db").touch(mode=0o600)


def make_secret(settings: Settings, name: str) -> None:
    """Make one of the installation's own secrets, unless it is there."""
    path = settings.secrets_folder / name
    if not path.exists():
        write_secret(path, secrets.token_bytes(LENGTH))


def read_secret(settings: Settings, name: str) -> bytes:
    """Read one of the installation's own secrets."""
    path = settings.secrets_folder / name
    try:
        secret = path.read_bytes()
    except OSError:
        raise Misconfigured(f"{path} cannot be read; restore it from the backup.") from None
    if len(secret) != LENGTH:
        raise Misconfigured(
            f"{path} is damaged: {len(secret)} bytes, not {LENGTH}; restore it from the backup."
        )
    return secret


def database_url(settings: Settings) -> str:
    """Give the catalog's URL, with the password from its file if it has one."""
    if settings.database_url is None:
        return f"sqlite:///{settings.data / 'catalog.db'}"
    if settings.database_password_file is None:
        return settings.database_url
    from sqlalchemy import make_url

    password = settings.database_password_file.read_text().strip()
    return make_url(settings.database_url).set(password=password).render_as_string(hide_password=False)


def _refuse_onlookers(folder: Path) -> None:
    if not folder.stat().st_mode & 0o077:
        return
    if not any(folder.iterdir()):
        folder.chmod(0o700)
    else:
        # Refused, not tightened: the folder may have been named by mistake, and belong to others too.
        raise Misconfigured(f"Others can look into {folder}; close it with `chmod 700 {folder}`.")


def write_secret(path: Path, content: bytes) -> None:
    """Write a private file whole, unless it is there: then it is left alone."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link appears whole and replaces nothing: two commands that start at once end with one key.
        path.hardlink_to(fresh)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
