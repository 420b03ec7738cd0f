"""The lock on the account's keys, for its admins."""

from apiflask import APIBlueprint
from pydantic import Field

from recstore.key_locks import Standing
from web import guard
from web.api.shapes import Shape
from web.current import recstore, viewer

key_lock = APIBlueprint("api_key_lock", __name__, tag="Key lock")


class KeyLock(Shape):
    """Whether anything of the account opens."""

    locked: bool
    by_admin: bool = Field(description="An admin locked it here, and can unlock it.")
    by_holder: bool = Field(description="Whoever holds the keys locked them, and alone can unlock.")


@key_lock.get("/keys/lock")
@guard.admin
@key_lock.output(KeyLock)
def get_lock() -> KeyLock:
    """Say whether the account's keys are locked."""
    return _show(recstore().key_locks.read(viewer()))


@key_lock.put("/keys/lock")
@guard.admin
@key_lock.output(KeyLock)
def lock() -> KeyLock:
    """Lock the account's keys: nothing opens, what plays ends within seconds. Handing over goes on."""
    return _show(recstore().key_locks.put(viewer(), locked=True))


@key_lock.delete("/keys/lock")
@guard.admin
@key_lock.output(KeyLock)
def unlock() -> KeyLock:
    """Lift the admins' lock. One that whoever holds the keys set stays."""
    return _show(recstore().key_locks.put(viewer(), locked=False))


def _show(found: Standing) -> KeyLock:
    return KeyLock(locked=found.locked, by_admin=found.by_admin, by_holder=found.by_holder)
