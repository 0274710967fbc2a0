"""What a failed run says of itself, in words that may leave the machine."""

from typing import Protocol, Self

from helpdesk import errors
from helpdesk.errors import HelpdeskError

# As the system, and as DuckDB says it of its own files.
NO_ROOM = ("No space left on device", "ENOSPC", "not enough space")


class ErrorText(Protocol):
    """An error as Dagster keeps it: texts, and the error that it came from."""

    @property
    def message(self) -> str: ...
    @property
    def cls_name(self) -> str | None: ...
    @property
    def cause(self) -> Self | None: ...


def origin(error: ErrorText) -> ErrorText:
    """The error that was raised first, or the first of our own kinds on the way to it."""
    while not _is_ours(error) and error.cause is not None:
        error = error.cause
    return error


def explained(error: ErrorText) -> HelpdeskError | None:
    """Our own failure that a person can mend, as it was raised; None for any other."""
    error = origin(error)
    if not _is_ours(error):
        return disk_full(error.message)
    kind: type[HelpdeskError] = getattr(errors, error.cls_name or "")
    return kind(error.message.strip().partition(": ")[2])


def disk_full(text: str) -> HelpdeskError | None:
    """What to do where a text says that there is no room; None for any other."""
    if not any(words in text for words in NO_ROOM):
        return None
    return HelpdeskError(
        "the disk of the output folder is full: make room there (`helpdesk vacuum --keep 1` "
        "deletes old builds) and build again. Nothing is lost, and what was published stays."
    )


def said(step: str, error: ErrorText | None) -> str:
    """A person's error in its own words. Of any other only the kind: its text may hold data."""
    if error and (own := explained(error)):
        return f"{step}: {own}"
    return f"{step}: {(error and origin(error).cls_name) or 'failed'}; see the run's log"


def _is_ours(error: ErrorText) -> bool:
    kind = getattr(errors, error.cls_name or "", None)
    return isinstance(kind, type) and issubclass(kind, HelpdeskError)
