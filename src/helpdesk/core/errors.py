"""The errors of the package, each with the exit code that a scheduler gets."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from helpdesk.core.redaction import redacted


def near(name: str, known: Iterable[str]) -> str:
    """A suggestion for the end of a message, such as "; did you mean tickets?".

    Empty if no known name is similar.
    """
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


class HelpdeskError(Exception):
    """A failure that a person can fix. The message says what to change and contains no secret."""

    exit_code = 1

    def __init__(self, *words: object) -> None:
        # Dagster stores an error as soon as it is raised, so the secrets go here.
        super().__init__(*(redacted(one) if isinstance(one, str) else one for one in words))


class ConfigError(HelpdeskError):
    """The settings or arguments are wrong."""

    exit_code = 2


def nothing_published(output: Path) -> HelpdeskError:
    """The error for an output folder without a build. One that does not exist is a wrong path."""
    if not output.exists():
        return ConfigError(f"{output}: there is no such folder, so nothing is published here.")
    return HelpdeskError(f"{output}: nothing is published here; run `helpdesk build` first.")


class LandingError(HelpdeskError):
    """The landing folder cannot be read as the contract says; the message names file and remedy."""

    exit_code = 3


class MappingError(HelpdeskError):
    """The mapping cannot turn the exports into tables of the file contract."""

    exit_code = 3


class IngestError(HelpdeskError):
    """A vendor's API did not return the requested data; files that were fetched earlier stay."""

    exit_code = 5


class ClusterError(HelpdeskError):
    """The Spark cluster does not answer, or cannot run the build."""

    exit_code = 6


class GateError(HelpdeskError):
    """A data-quality gate failed: nothing was published."""

    exit_code = 4


class AlertError(HelpdeskError):
    """An alert channel did not accept a message."""


class UnreadableError(HelpdeskError):
    """A file of the output folder is not a DuckDB database, or is damaged."""


class BusyError(HelpdeskError):
    """Another build is writing to the output folder; try again later."""

    exit_code = 75


EXIT_CODES = (
    "Exit codes: 0 done; 1 unexpected failure; 2 wrong arguments or settings; 3 the landing "
    "folder cannot be read; 4 a data-quality gate failed, or a check found a difference; "
    "5 a vendor's API could not be read; 6 the Spark cluster does not answer or cannot work; "
    "75 another build is writing to the output folder. "
    "After any failure, the published files stay unchanged."
)
