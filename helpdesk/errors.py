"""What can go wrong, and the exit code that tells a scheduler which it was."""

import difflib
from collections.abc import Iterable


def near(name: str, known: Iterable[str]) -> str:
    """A hint at the right name, to end a message with; empty where none is near."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


class HelpdeskError(Exception):
    """A failure that a person can mend; the message says what and how."""

    exit_code = 1


class ConfigError(HelpdeskError):
    """The settings or arguments are wrong."""

    exit_code = 2


class LandingError(HelpdeskError):
    """The landing folder cannot be read as the contract says; the message names file and remedy."""

    exit_code = 3


class IngestError(HelpdeskError):
    """A vendor's API did not give what was asked for; what had landed before stays."""

    exit_code = 5


class ClusterError(HelpdeskError):
    """The Spark cluster does not answer, or cannot do what a build asks of it."""

    exit_code = 6


class GateError(HelpdeskError):
    """A data-quality gate failed: nothing was published."""

    exit_code = 4


class BusyError(HelpdeskError):
    """Another build holds the output folder; try again later."""

    exit_code = 75


EXIT_CODES = (
    "Exit codes: 0 done; 1 unexpected failure; 2 wrong arguments or settings; 3 the landing "
    "folder cannot be read; 4 a data-quality gate failed, or a check found a difference; "
    "5 a vendor's API could not be read; 6 the Spark cluster does not answer or cannot work; "
    "75 another build holds the output. "
    "Whatever the failure, what was published before stays as it was."
)
