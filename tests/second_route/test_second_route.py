"""Every figure of the summaries and reports, worked out twice: by the models, and by plain SQL that
was written from the rules, straight on the raw tables of a simulated desk."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from tests.second_route.routes import ROUTES, Route, Rows, compare, differences

# Fewer rows of a year than these prove little.
FEW = 50


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_the_mart_agrees_with_the_second_route(
    desk: duckdb.DuckDBPyConnection, route: Route
) -> None:
    rows, found = compare(desk, route)
    assert not found, "\n".join(found)
    is_of_one_day = route.id is not None and route.id.startswith("S")
    assert rows >= (1 if is_of_one_day else FEW)


def test_no_row_was_rejected(desk: duckdb.DuckDBPyConnection) -> None:
    """The second routes trust the desk; the models have to see it as clean."""
    assert desk.execute("select count(*) from marts.quarantine").fetchone() == (0,)


def test_the_day_has_all_that_the_summary_shows(desk: duckdb.DuckDBPyConnection) -> None:
    """Zero equals zero, however it was counted."""
    (route,) = [route for route in ROUTES if route.id == "S1"]
    assert desk.execute(f"select min(n) > 0 from marts.{route.mart}").fetchone() == (True,)


def test_a_difference_is_found() -> None:
    second: Rows = {(date(2024, 1, 1),): (1, 2.0), (date(2024, 1, 2),): (1, None)}
    keys, measures = ["report_date"], ["ticket_count", "score_sum"]

    def found(mart: Rows) -> int:
        return len(differences(second, mart, keys, measures))

    assert found(dict(second)) == 0
    assert found({**second, (date(2024, 1, 1),): (1, 2.0 + 1e-12)}) == 0
    assert found({**second, (date(2024, 1, 1),): (1, 2.00001)}) == 1
    assert found({**second, (date(2024, 1, 2),): (1, 0)}) == 1
    assert found({**second, (date(2024, 1, 3),): (0, 0)}) == 1
    assert found({}) == 2
