"""The words of recstore, each with one spelling: kinds, actions, relations, states, events.

Their meaning is written down in `policies/README.md`. Members are in the order in which people read them;
the value is the spelling used in policies, the catalog, the journal and the API.
"""

from enum import StrEnum


class Kind(StrEnum):
    """What an access question is about. A message is a line of a transcript, judged one by one."""

    RECORDING = "recording"
    TRANSCRIPT = "transcript"
    MESSAGE = "message"


class Action(StrEnum):
    """What a viewer may ask to do with an item."""

    SEE = "see"
    OPEN = "open"
    DOWNLOAD = "download"
    SHARE = "share"
    EDIT = "edit"
    BIN = "bin"
    RESTORE = "restore"
    REVIEW = "review"
    EXPORT = "export"
    HOLD = "hold"
    DESTROY = "destroy"
    APPOINT = "appoint"
    SUPPORT = "support"


class Relation(StrEnum):
    """How a viewer is tied to an item, in the order of explanations: the strongest tie is named first."""

    RESPONSIBLE = "responsible"
    PARTICIPANT = "participant"
    SHARED_WITH = "shared-with"
    RECIPIENT = "recipient"
    EXCLUDED = "excluded"
    ADMIN = "admin"
    CONSENTED = "consented"
    COLLEAGUE = "colleague"
    INACTIVE = "inactive"
    OUTSIDER = "outsider"
    GUEST = "guest"
    OPERATOR = "operator"


class State(StrEnum):
    """What is true of an item (or, for the last two, of this viewer's share and of this message)."""

    AVAILABLE = "available"
    PROCESSING = "processing"
    AUTO_SHARED = "auto-shared"
    DOWNLOADABLE = "downloadable"
    IN_BIN = "in-bin"
    HELD = "held"
    RESTRICTED = "restricted"
    EXPIRED = "expired"
    DESTROYED = "destroyed"
    SHARE_DOWNLOADABLE = "share-downloadable"
    DIRECT = "direct"


class Access(StrEnum):
    """What a responsible person decides about one colleague."""

    SHARED = "shared"
    EXCLUDED = "excluded"


class Switch(StrEnum):
    """What an account, or a room, lets new items begin with. A room has auto-share alone."""

    AUTO_SHARE = "auto_share"
    DOWNLOAD = "download"


class Holder(StrEnum):
    """Where an account's private key is: with the operator's key agent, or with the customer's own."""

    SERVICE = "service"
    CUSTOMER = "customer"


class Scope(StrEnum):
    """What a bearer token is for. An ingest token hands over and reads nothing."""

    INGEST = "ingest"
    READ = "read"


class Event(StrEnum):
    """What the journal records. Past tense: the entry stands before the effect, in the same transaction."""

    ACCOUNT_CREATED = "account-created"
    USER_CREATED = "user-created"
    TOKEN_CREATED = "token-created"  # noqa: S105 - a word of the journal, not a secret
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - as above
    SIGNED_IN = "signed-in"
    SIGN_IN_REFUSED = "sign-in-refused"
    SIGNED_OUT = "signed-out"
    CALL_HANDED_OVER = "call-handed-over"
    CALL_CORRECTED = "call-corrected"
    TIED = "tied"
    UNTIED = "untied"
    ITEM_SEALED = "item-sealed"
    HAND_OVER_REFUSED = "hand-over-refused"
    OPENED = "opened"
    REVIEWED = "reviewed"
    SUPPORTED = "supported"
    REFUSED = "refused"
    SHARED = "shared"
    UNSHARED = "unshared"
    EXCLUDED = "excluded"
    READMITTED = "readmitted"
    EDITED = "edited"
    BINNED = "binned"
    RESTORED = "restored"
    APPOINTED = "appointed"
    ACCESS_ASKED = "access-asked"
    ACCESS_ACCEPTED = "access-accepted"
    ACCESS_DECLINED = "access-declined"
    CONSENT_ASKED = "consent-asked"
    CONSENT_GIVEN = "consent-given"
    CONSENT_REFUSED = "consent-refused"
    CONSENT_LAPSED = "consent-lapsed"
    CONSENT_WITHDRAWN = "consent-withdrawn"
    CONSENT_EXPIRED = "consent-expired"
    SETTINGS_CHANGED = "settings-changed"
    ROOM_CHANGED = "room-changed"
    SWITCH_APPLIED = "switch-applied"
    ITEM_SWITCHED = "item-switched"
    USER_CHANGED = "user-changed"
    ACCOUNT_KEYS_DESTROYED = "account-keys-destroyed"
    KEY_REPLACED = "key-replaced"
    KEY_CLOSED = "key-closed"
    KEY_DESTROYED = "key-destroyed"
    KEY_SHREDDED = "key-shredded"
    SHRED_CONFIRMED = "shred-confirmed"
    CUSTODY_PAIRED = "custody-paired"
    KEY_ASKED = "key-asked"
    KEY_NOT_GIVEN = "key-not-given"
    KEYS_LOCKED = "keys-locked"
    KEYS_UNLOCKED = "keys-unlocked"
    DOMAIN_ADDED = "domain-added"
    DOMAIN_PROVEN = "domain-proven"
    DOMAIN_UNPROVEN = "domain-unproven"
    DOMAIN_ENABLED = "domain-enabled"
    DOMAIN_DISABLED = "domain-disabled"
    DOMAIN_REMOVED = "domain-removed"
    CATALOG_OPENED = "catalog-opened"
