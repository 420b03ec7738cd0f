"""Every error that keys raises, in one tree. No message carries key material.

KeysError
├── BadConsent          a consent, or an approver's key, has the wrong form
├── BadKey              a public key or data key has the wrong form
├── BadReceipt          not signed by the agent that it should be from, or altered
├── DoesNotOpen         sealed for another key, sealed under another context, or altered
├── HomeUnfit           the agent refuses to start; the message says what to put right
├── RootRefused         the root is missing, disabled or forbidden to us; it takes a person to change that
├── RootUnavailable     the root's keeper did not answer in time, or broke; the next attempt may succeed
├── Malformed           a message that the protocol does not allow
├── AgentRefused        the agent answered no; `code` says why
└── AgentUnavailable    no answer in time, or the connection broke; nothing was opened for the caller
    └── WrongAnswer     something answered, but not to what was asked
"""

from enum import StrEnum, unique


@unique
class Refusal(StrEnum):
    """Why the agent says no. Part of the protocol and of the agent's log: words are added, never changed."""

    BAD_SIGNATURE = "bad-signature"
    BUSY = "busy"
    CLOCK_OFF = "clock-off"
    DESTROYED = "destroyed"
    DOES_NOT_OPEN = "does-not-open"
    EARLY = "early"
    EXPIRED = "expired"
    KEY_DAMAGED = "key-damaged"
    LOCKED = "locked"
    MALFORMED = "malformed"
    NO_CONSENT = "no-consent"
    NOT_RELEASED = "not-released"
    OTHER_ACCOUNT = "other-account"
    OTHER_ITEM = "other-item"
    OTHER_OPERATOR = "other-operator"
    OTHER_PURPOSE = "other-purpose"
    REPLAYED = "replayed"
    ROOT_REFUSED = "root-refused"
    ROOT_UNAVAILABLE = "root-unavailable"
    SHREDDED = "shredded"
    STRANGER = "stranger"
    UNKNOWN_ACCOUNT = "unknown-account"
    UNKNOWN_APPROVER = "unknown-approver"
    UNKNOWN_KEY = "unknown-key"
    UNKNOWN_REASON = "unknown-reason"
    USED_UP = "used-up"
    WITHDRAWN = "withdrawn"


# Why a consent does not open what an operator asks for.
OF_CONSENTS = frozenset(
    {
        Refusal.BAD_SIGNATURE,
        Refusal.EARLY,
        Refusal.EXPIRED,
        Refusal.NO_CONSENT,
        Refusal.OTHER_ACCOUNT,
        Refusal.OTHER_ITEM,
        Refusal.OTHER_OPERATOR,
        Refusal.OTHER_PURPOSE,
        Refusal.UNKNOWN_APPROVER,
        Refusal.USED_UP,
        Refusal.WITHDRAWN,
    }
)


class KeysError(Exception):
    """The root of the tree."""


class BadConsent(KeysError):
    """A consent, or an approver's key, has the wrong form."""


class BadKey(KeysError):
    """A public key or data key has the wrong form."""


class BadReceipt(KeysError):
    """No receipt, or not one that the named key has signed."""


class DoesNotOpen(KeysError):
    """Sealed for another key, sealed under another context, or altered: which of them cannot be told."""


class HomeUnfit(KeysError):
    """A folder, root, certificate or socket is not fit to start with."""


class RootRefused(KeysError):
    """The root is missing, disabled or forbidden to us: asking again is no remedy."""


class RootUnavailable(KeysError):
    """The root's keeper did not answer in time, or broke: whether anything would open cannot be told."""


class Malformed(KeysError):
    """A message that the protocol does not allow."""


class AgentRefused(KeysError):
    """The agent answered no."""

    def __init__(self, code: Refusal) -> None:
        super().__init__(f"The key agent refused: {code}.")
        self.code = code


class AgentUnavailable(KeysError):
    """The agent did not answer in time, or the connection broke."""


class WrongAnswer(AgentUnavailable):
    """Something answered, but not to what was asked. Asking again is no remedy."""
