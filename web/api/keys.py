"""How the account's keys stand, for its admins."""

from apiflask import APIBlueprint

from recstore.coverage import Version
from web import guard
from web.api import key_shapes
from web.current import recstore, viewer

keys = APIBlueprint("api_keys", __name__, tag="Keys")


@keys.get("/keys")
@guard.admin
@keys.output(key_shapes.Keys)
def read_keys() -> key_shapes.Keys:
    """Say who holds the account's key, whether the agent answers, and what is sealed to which version."""
    standing = recstore().coverage.standing(viewer().account_id)
    return key_shapes.Keys(
        custody=standing.current.holder.value,
        agent=standing.address,
        answers=standing.answers,
        coverage_percent=standing.percent,
        lost=standing.lost,
        versions=[_show(version) for version in standing.versions],
    )


def _show(version: Version) -> key_shapes.Version:
    return key_shapes.Version(
        key=version.key_id,
        holder=version.holder.value,
        fingerprint=version.fingerprint,
        created_at=version.created_at,
        retired_at=version.retired_at,
        destroyed_at=version.destroyed_at,
        sealed=version.sealed,
    )
