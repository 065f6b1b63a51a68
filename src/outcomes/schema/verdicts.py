"""The words a report may conclude with; each is a function of stored quantities."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What the data say about one claim."""

    SUPPORTED = "supported"
    NOT_SUPPORTED = "not supported"
    EQUIVALENT = "equivalent"
    CANNOT_TELL = "cannot tell"
    NOT_COMPARABLE = "not comparable"
    NOT_MEASURABLE = "not measurable"
    SUPPRESSED = "suppressed"
