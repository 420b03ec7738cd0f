"""Turn a root that cannot be used into the agent's refusal."""

from collections.abc import Iterator
from contextlib import contextmanager

from keys.errors import AgentRefused, Refusal, RootRefused, RootUnavailable


@contextmanager
def root_asked() -> Iterator[None]:
    """Say to whoever asked that the root was disabled or away."""
    try:
        yield
    except RootRefused as error:
        raise AgentRefused(Refusal.ROOT_REFUSED) from error
    except RootUnavailable as error:
        raise AgentRefused(Refusal.ROOT_UNAVAILABLE) from error
