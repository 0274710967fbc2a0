"""The options of this process' command that the dbt project depends on.

dbt reads its models when a process starts, so accounts and own fields must be known by then.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """Settings file, landing folder and output folder; each is empty if it is not given."""

    config: str = ""
    landing: str = ""
    output: str = ""


# Of the command line. A process that runs no command of `helpdesk`, such as Dagster, has none.
_noted = [Options()]


def note_options(arguments: Sequence[str]) -> None:
    """Note the options of the command that this process runs."""
    _noted[0] = Options(
        *(_option(arguments, name) for name in ("--config", "--landing", "--output"))
    )


def options() -> Options:
    return _noted[0]


def _option(arguments: Sequence[str], name: str) -> str:
    for place, argument in enumerate(arguments):
        if argument == name and place + 1 < len(arguments):
            return arguments[place + 1]
        if argument.startswith(f"{name}="):
            return argument.partition("=")[2]
    return ""
