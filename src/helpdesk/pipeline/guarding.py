"""A check before publishing: a mistake in a date or a folder must not replace the warehouse."""

from datetime import UTC, datetime

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import Build, opened
from helpdesk.core.errors import ConfigError, GateError
from helpdesk.transform.engines.factory import engine_of

ON = (
    "Correct it, or build with --allow-shrinking (under Dagster: allow_shrinking of the resource "
    "`build`) if it is intended. The published warehouse is unchanged."
)


def reject_shrinking(build: Build) -> None:
    """Raise where the build has no tickets, or far fewer than the settings allow.

    ConfigError where the given as_of hides all of them, else GateError.
    """
    if build.allow_shrinking:
        return
    with opened(build.paths.candidate, read_only=True) as connection:
        tickets = sql.number(connection, "select count(*) from marts.fct_tickets")
        before = _published_tickets(build)
        least = build.settings.least_share_of_tickets
        if tickets and tickets >= least * before:
            return
        deferred = sql.number(
            connection,
            "select coalesce(sum(rows_held_back), 0) from marts.reconciliation "
            "where table_name = 'tickets'",
        )
    if deferred and not tickets:
        message = _hides_all(build)
        raise ConfigError(message) if build.as_of else GateError(message)
    if tickets < least * before:
        later = f"; {deferred:,} rows are dated after as_of" if deferred else ""
        raise GateError(
            f"this build has {tickets:,} tickets, the published one {before:,}{later}: less than "
            f"the share of {least:g} that the setting least_share_of_tickets requires. {ON}"
        )


def _hides_all(build: Build) -> str:
    with opened(engine_of(build).work, read_only=True) as connection:
        ((first, tickets),) = connection.execute(
            "select min(deferred_until), count(distinct source_system || row_key) "
            "from intermediate.int_tickets_rejected where row_disposition = 'deferred'"
        ).fetchall()
    as_of = build.clock.astimezone(UTC)
    return (
        f"as_of {_text(as_of, first)} is before everything that landed "
        f"(first: {_text(first, as_of)}); all {tickets:,} tickets are deferred. {ON}"
    )


def _text(time: datetime, other: datetime) -> str:
    """The date where the two dates differ, else the time."""
    return f"{time:%Y-%m-%d}" if time.date() != other.date() else f"{time:%Y-%m-%dT%H:%M:%S}Z"


def _published_tickets(build: Build) -> int:
    """Tickets of the published build; 0 without one, or with one of other marts."""
    if not build.paths.published.exists():
        return 0
    try:
        with opened(build.paths.published, read_only=True) as connection:
            return sql.number(connection, "select count(*) from marts.fct_tickets")
    except duckdb.CatalogException:
        return 0
