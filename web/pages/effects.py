"""What a change would do for each person, in words."""

from dataclasses import dataclass

from recstore.access.fact_words import ACTIONS
from recstore.access.viewer import Viewer
from recstore.model import Action
from recstore.what_if import Preview
from web.pages.person import Face


@dataclass(frozen=True, slots=True)
class Difference(Face):
    """What changes for one person, in words; `name` is "You" for the one who asks."""

    name: str
    gains: str
    loses: str
    is_guest: bool = False


def differences(found: Preview, asking: Viewer) -> list[Difference]:
    """Put what would change for each person into words."""
    return [
        Difference(
            name="You" if one.user.id == asking.user_id else one.user.name,
            gains=_join(one.gains),
            loses=_join(one.loses),
        )
        for one in found.people
    ]


def _join(actions: list[Action]) -> str:
    return ", ".join(ACTIONS[action].lower() for action in actions)
