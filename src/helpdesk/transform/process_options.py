"""An option of `dbt_process.py` itself, for a caller that cannot set the environment of a child.

dagster-dbt gives dbt its whole environment, and takes arguments alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

OPTION = "--process"


@dataclass(frozen=True)
class Given:
    """Environment variables of dbt's profile, and the names of those that hold secrets."""

    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()


def process_options(variables: Mapping[str, str], secrets: Iterable[str]) -> list[str]:
    """The option as arguments, after those of dbt."""
    return [OPTION, json.dumps({"variables": {**variables}, "secrets": sorted(secrets)})]


def without_option(args: Sequence[str]) -> tuple[list[str], Given]:
    """The arguments of dbt, and the value of the option."""
    if OPTION not in args:
        return [*args], Given()
    place = args.index(OPTION)
    return [*args[:place], *args[place + 2 :]], Given(**json.loads(args[place + 1]))
