"""The description of a failed run, in words that may leave the machine."""

from typing import Protocol, Self

from helpdesk.core import errors
from helpdesk.core.errors import HelpdeskError

# The messages of the operating system and of DuckDB.
NO_ROOM = ("No space left on device", "ENOSPC", "not enough space")


class ErrorText(Protocol):
    """An error as Dagster stores it: its texts and its cause."""

    @property
    def message(self) -> str: ...
    @property
    def cls_name(self) -> str | None: ...
    @property
    def cause(self) -> Self | None: ...


def origin(error: ErrorText) -> ErrorText:
    """The error that was raised first, or the first HelpdeskError on the way to it."""
    while not _is_ours(error) and error.cause is not None:
        error = error.cause
    return error


def explained(error: ErrorText) -> HelpdeskError | None:
    """The HelpdeskError as it was raised, which the user can fix; None for any other error."""
    error = origin(error)
    if not _is_ours(error):
        return disk_full(error.message)
    kind: type[HelpdeskError] = getattr(errors, error.cls_name or "")
    return kind(error.message.strip().partition(": ")[2])


def disk_full(text: str) -> HelpdeskError | None:
    """A HelpdeskError with the remedy if the text says that the disk is full, else None."""
    if not any(words in text for words in NO_ROOM):
        return None
    return HelpdeskError(
        "the disk of the output folder is full: free space (`helpdesk vacuum --keep 1` deletes old "
        "builds) and build again. Nothing is lost, and the published warehouse is unchanged."
    )


def failure_line(step: str, error: ErrorText | None) -> str:
    """The text of a HelpdeskError. Of any other error only its type: its text may contain data."""
    if error and (own := explained(error)):
        return f"{step}: {own}"
    return f"{step}: {(error and origin(error).cls_name) or 'failed'}; see the run's log"


def _is_ours(error: ErrorText) -> bool:
    kind = getattr(errors, error.cls_name or "", None)
    return isinstance(kind, type) and issubclass(kind, HelpdeskError)
