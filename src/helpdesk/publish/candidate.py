"""The candidate: the file in which dbt builds the marts, completed for its readers.

dbt leaves tables and views in schema `marts`. Readers also get descriptions as comments, and in
schema `main` a view for each mart, so that `show tables` lists them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import opened
from helpdesk.core.errors import HelpdeskError
from helpdesk.transform.nodes import Model

RELATIONS = """
    select table_name as name, 'table' as kind, comment from duckdb_tables()
    where database_name = current_database() and schema_name = '{0}'
    union all
    select view_name, 'view', comment from duckdb_views()
    where database_name = current_database() and schema_name = '{0}'
"""


@dataclass(frozen=True)
class Completed:
    """The rows of the marts that are tables, and the names of those that are views."""

    rows: dict[str, int]
    views: tuple[str, ...]


def complete(candidate: Path, marts: Sequence[Model]) -> Completed:
    """Add comments and the views of schema `main`, drop other tables, and flush all to the file.

    Raises HelpdeskError if a mart of the manifest is missing.
    """
    if not candidate.exists():
        raise HelpdeskError(f"{candidate}: is missing; run `helpdesk build --full-refresh`.")
    with opened(candidate) as connection:
        connection.execute("begin")
        kinds = _only_marts(connection, candidate, [mart.name for mart in marts])
        _write_main(connection, kinds)
        _write_comments(connection, marts, kinds)
        connection.execute("commit")
        connection.execute("checkpoint")
        counted = sql.table_rows(connection, "marts")
    if candidate.with_name(f"{candidate.name}.wal").exists():
        raise HelpdeskError(
            f"{candidate}: could not be flushed; close other programs that have it open."
        )
    return Completed(
        {name: rows for (_, name), rows in counted.items()},
        tuple(name for name, kind in kinds.items() if kind == "view"),
    )


def check_readable(file: Path, marts: Sequence[Model]) -> None:
    """Raise HelpdeskError if a mart cannot be read from `file` when attached under another name."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {sql.text(file)} as any_name (read_only)")
        for mart in marts:
            for schema in ("main", "marts"):
                relation = f"any_name.{schema}.{sql.name(mart.name)}"
                try:
                    connection.execute(f"describe from {relation}")
                except duckdb.Error as error:
                    raise HelpdeskError(
                        f"{schema}.{mart.name}: cannot be read from the file to be published "
                        f"({' '.join(str(error).split())}). A view of the marts must not name its "
                        "database: `ref('...').include(database=false)`."
                    ) from error


def _only_marts(
    connection: duckdb.DuckDBPyConnection, candidate: Path, marts: Sequence[str]
) -> dict[str, str]:
    """The kind of each mart, after dropping tables and views of models that no longer exist."""
    found = connection.execute(RELATIONS.format("marts")).fetchall()
    kinds = {name: kind for name, kind, _ in found}
    if missing := sorted(set(marts) - kinds.keys()):
        raise HelpdeskError(
            f"{candidate}: lacks the marts {', '.join(missing)}; run "
            "`helpdesk build --full-refresh`."
        )
    for name in kinds.keys() - set(marts):
        connection.execute(f"drop {kinds[name]} marts.{sql.name(name)}")
    return {name: kinds[name] for name in marts}


def _write_main(connection: duckdb.DuckDBPyConnection, kinds: Mapping[str, str]) -> None:
    for name, kind, _ in connection.execute(RELATIONS.format("main")).fetchall():
        if name not in kinds:
            connection.execute(f"drop {kind} main.{sql.name(name)}")
    for name in kinds:
        quoted = sql.name(name)
        connection.execute(f"create or replace view main.{quoted} as from marts.{quoted}")
    # SQLAlchemy's reflection casts to this type of Postgres: without it duckdb-engine fails.
    connection.execute("create type if not exists main.regclass as varchar")


def _write_comments(
    connection: duckdb.DuckDBPyConnection, marts: Sequence[Model], kinds: Mapping[str, str]
) -> None:
    """Write every description as a comment, unless it is already there."""
    known = {(name, ""): comment for name, _, comment in connection.execute(
        RELATIONS.format("marts")
    ).fetchall()}  # fmt: skip
    for name, column, comment in connection.execute(
        "select table_name, column_name, comment from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'marts'"
    ).fetchall():
        known[name, column] = comment
    for mart in marts:
        relation = f"marts.{sql.name(mart.name)}"
        comments = {column.name: column.description for column in mart.columns.values()}
        for column, comment in {"": mart.description, **comments}.items():
            if known.get((mart.name, column)) != comment:
                what = (
                    f"column {relation}.{sql.name(column)}"
                    if column
                    else f"{kinds[mart.name]} {relation}"
                )
                connection.execute(f"comment on {what} is {sql.text(comment)}")
