"""The checksums of a mart's contents differ wherever its rows do."""

import duckdb
import pytest

from helpdesk.publish.contents import content

ALIKE = {
    "null and an empty list": ("int[]", ["null"], ["[]"]),
    "an empty list and one with a null": ("int[]", ["[]"], ["[null]"]),
    "nulls in a list": ("int[]", ["[null, 1]"], ["[1, null]"]),
    "lists of lists": ("int[][]", ["[[1], [2]]"], ["[[1, 2]]"]),
    "structs": ("struct(a int, b int)", ["{'a': 1, 'b': null}"], ["{'a': null, 'b': 1}"]),
    "an empty text and null": ("varchar", ["''"], ["null"]),
    "a row twice": ("int", ["1", "1", "2"], ["1", "2", "2"]),
    "rows that cancel out": ("int", ["1", "1"], ["2", "2"]),
}


@pytest.mark.parametrize("name", ALIKE)
def test_contents_differ_where_rows_do(name: str) -> None:
    kind, *both = ALIKE[name]
    found = []
    with duckdb.connect() as connection:
        for values in both:
            listed = ", ".join(f"({value}::{kind})" for value in values)
            connection.execute(f"create or replace table m as from (values {listed}) v(c)")
            (described,) = connection.execute("describe m").fetchall()
            found.append(content(connection, "m", {"c": described[1]}))
    assert found[0] != found[1]


def test_a_value_that_two_rows_swap_changes_both_checksums() -> None:
    with duckdb.connect() as connection:
        found = []
        for values in ("(1, 10), (2, 20)", "(1, 20), (2, 10)"):
            connection.execute(f"create or replace table m as from (values {values}) v(a, b)")
            found.append(content(connection, "m", {"a": "INTEGER", "b": "INTEGER"}))
    one, other = found
    assert one.hash_sum != other.hash_sum
    assert one.hash_xor != other.hash_xor
