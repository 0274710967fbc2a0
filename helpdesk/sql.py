"""The few pieces of SQL text that Python puts together: quoting, and reading one number."""

import duckdb


def name(identifier: str) -> str:
    """An identifier of the outside world, quoted."""
    return '"' + identifier.replace('"', '""') + '"'


def text(value: object) -> str:
    """A text of the outside world as a literal."""
    return "'" + str(value).replace("'", "''") + "'"


def number(connection: duckdb.DuckDBPyConnection, sql: str, *values: object) -> int:
    """The one number that a statement gives: a count, or the rows that it wrote."""
    ((found,),) = connection.execute(sql, values).fetchall()
    return int(found)
