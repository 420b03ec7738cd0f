"""DNS as a test says it is. Stands where the real resolver stands; nothing is asked on any wire."""

from collections.abc import Callable
from dataclasses import dataclass, field

from recstore.errors import DnsUnavailable


@dataclass
class Published:
    """Which texts which names carry. `asked`: what was looked up; `meanwhile`: what happens during that."""

    texts_of: dict[str, list[str]] = field(default_factory=dict)
    is_away: bool = False
    asked: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def texts(self, name: str) -> list[str]:
        self.asked.append(name)
        self.meanwhile()
        if self.is_away:
            raise DnsUnavailable("DNS does not answer; nothing was changed, try again shortly.")
        return self.texts_of.get(name, [])
