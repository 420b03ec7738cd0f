"""Why a data key is asked for: a closed set, so that the agent's log can be read and counted."""

from enum import StrEnum, unique


@unique
class Reason(StrEnum):
    """One word for each kind of work that opens content."""

    CATALOG = "catalog"
    EXPORT = "export"
    LEGAL_PROCESS = "legal-process"
    MEDIA_PROBE = "media-probe"
    OPERATOR_SUPPORT = "operator-support"
    PLAYBACK = "playback"
    RETENTION_CHECK = "retention-check"
    REVIEW = "review"
    SEARCH = "search"
    SUBJECT_REQUEST = "subject-request"
