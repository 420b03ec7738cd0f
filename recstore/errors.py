"""Every error that recstore raises, in one tree. Nothing foreign crosses a border.

    RecstoreError
    ├── BadInput            what was sent cannot be taken; the message says what to change
    │   ├── TooLarge        more bytes than the limit
    │   ├── RangeOutside    a range of bytes that are not there; says how many there are
    │   └── Conflict        it contradicts what is there already
    │       └── Unmatched   it was to be done to another state than is there
    ├── SignInNeeded        nobody is signed in, or the token is not valid
    ├── Throttled           too much of something (failed sign-ins, streams); says when to try again
    ├── NotThere            not there, or not for this viewer: the two look the same
    ├── Refused             the viewer may know of the item, but not do this; carries the deciding rule
    ├── Unavailable         another part does not answer; nothing was lost, try again
    │   ├── StoreUnavailable · CatalogUnavailable · JournalUnavailable · DnsUnavailable
    │   └── KeysUnavailable
    │       ├── KeyReplaced  what it was sealed to was rotated away; it may be sealed anew
    │       └── KeysLocked  somebody locked the account's keys; a person has to unlock them
    ├── Damaged             sealed bytes are not what the catalog says; nothing of them was released
    └── Misconfigured       refuses to start; the message says what to set

`code` is stable and part of the API. Messages never carry content, titles, names or key material.
"""


class RecstoreError(Exception):
    """The root. `code` is the stable word that callers may rely on."""

    code = "internal"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code


class BadInput(RecstoreError):
    """What was sent cannot be taken."""

    code = "bad_input"


class TooLarge(BadInput):
    """More bytes than the limit allows."""

    code = "too_large"


class RangeOutside(BadInput):
    """The range lies outside of what is there: of `length` bytes."""

    code = "range_outside"

    def __init__(self, *, length: int) -> None:
        super().__init__(f"The range lies outside: there are {length:,} bytes.")
        self.length = length


class Conflict(BadInput):
    """What was sent contradicts what is there already."""

    code = "conflict"


class Unmatched(Conflict):
    """What was to be done was meant for another state than is there."""

    code = "precondition_failed"


class SignInNeeded(RecstoreError):
    """Nobody is signed in, or the token is not valid."""

    code = "sign_in_needed"


class Throttled(RecstoreError):
    """Too many failed sign-ins. `retry_after` is in seconds."""

    code = "too_many_attempts"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotThere(RecstoreError):
    """Not there, or not for this viewer. Whoever asks cannot tell which (rules.md, case 19)."""

    code = "not_found"

    def __init__(self, message: str = "There is nothing here for you.") -> None:
        super().__init__(message)


class Refused(RecstoreError):
    """The viewer may see the item but not do this. `rule`: what decided, or None if no rule allows it."""

    code = "refused"

    def __init__(self, message: str, *, rule: str | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.rule = rule


class Unavailable(RecstoreError):
    """Another part does not answer. Nothing was lost; `retry_after` seconds from now is worth a try."""

    code = "unavailable"
    retry_after = 5


class StoreUnavailable(Unavailable):
    """The object store does not answer."""

    code = "store_unavailable"


class CatalogUnavailable(Unavailable):
    """The database does not answer."""

    code = "catalog_unavailable"


class KeysUnavailable(Unavailable):
    """The key agent does not answer, or does not open this key."""

    code = "keys_unavailable"


class KeyReplaced(KeysUnavailable):
    """The version of the account's key that this was sealed to is gone; it may be sealed to a newer one."""


class KeysLocked(KeysUnavailable):
    """Whoever holds the account's keys, or its admin, locked them. To callers that is unavailable too."""


class JournalUnavailable(Unavailable):
    """The journal cannot be written, so nothing is served."""

    code = "journal_unavailable"


class DnsUnavailable(Unavailable):
    """DNS does not say whether there is a record."""

    code = "dns_unavailable"


class Damaged(RecstoreError):
    """Sealed bytes are not what the catalog says they are."""

    code = "damaged"


class Misconfigured(RecstoreError):
    """A setting, policy or folder is not fit to start with."""

    code = "misconfigured"
