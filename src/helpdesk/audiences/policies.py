"""Row-level security of Postgres: the rows of each published mart that an audience sees.

A role of no audience sees no row of a database that has some. The marts are tables there, reports
too: rows of a report are cut by the keys of their tickets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from helpdesk.audiences.rules import (
    AVAILABILITY,
    LIMITS,
    OPEN,
    TICKET,
    TICKETS,
    key_columns,
    of_members,
)
from helpdesk.core.settings import Audience
from helpdesk.core.sql import text

Keys = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Policy:
    """The rows of a table that the roles of an audience see: a condition of Postgres' SQL."""

    table: str
    audience: str
    roles: tuple[str, ...]
    using: str


def policies_of(
    marts: Mapping[str, Sequence[str]], schema: str, audience: str, limits: Audience, keys: Keys
) -> list[Policy]:
    """The policies of an audience; a mart without one has no rows for its roles.

    `marts`: the columns of each; `keys`: those of the named members by limit.
    """
    found = []
    for mart, columns in marts.items():
        using = "true" if limits.everything else _using(mart, columns, marts, schema, limits, keys)
        if using:
            found.append(Policy(mart, audience, limits.postgres_roles, using))
    return found


def _using(
    mart: str,
    columns: Sequence[str],
    marts: Mapping[str, Iterable[str]],
    schema: str,
    audience: Audience,
    keys: Keys,
) -> str:
    if mart in OPEN:
        return "true"
    limited = " and ".join(_one_of(key, keys) for key in key_columns(audience))
    if mart == TICKETS:
        return limited
    if TICKET in columns:
        # The policy of the tickets applies to this query, too.
        return f"{TICKET} in (select {TICKET} from {schema}.{TICKETS})"
    members = of_members(mart, columns, marts, audience, schema, partial(_one_of, keys=keys))
    if members:
        return members
    if mart == AVAILABILITY:
        return _one_of("team_key", keys)
    is_counted = mart.startswith(("rpt_", "fct_")) and set(key_columns(audience)) <= set(columns)
    return limited if is_counted else ""


def _one_of(key: str, keys: Keys) -> str:
    """The condition for a key of the named members; false without any."""
    (limit,) = [one for one, (_, column) in LIMITS.items() if column == key]
    values = ", ".join(map(text, keys.get(limit, ())))
    return f"{key} in ({values})" if values else "false"
