"""A future time in a ticket's row counts from the refresh whose as_of is after it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from helpdesk.publish.compare import compare_marts
from tests.small_desk import write_desk

from .warehouse import Warehouse

CREATED = "2025-06-01T10:00:00Z"


@pytest.mark.long
@pytest.mark.slow
def test_future_times_count_once_as_of_has_passed_them(tmp_path: Path) -> None:
    closed = {"created_at": CREATED, "status_id": "done"}
    landing = write_desk(
        tmp_path / "landing",
        {
            "tickets": [
                {"ticket_id": "1", **closed, "reported_closed_at": "2025-06-05T10:00:00Z"},
                {"ticket_id": "2", **closed, "updated_at": "2025-06-06T10:00:00Z"},
            ],
            "statuses": [{"status_id": name, "state": "closed"} for name in ("done", "old")],
            "ticket_field_history": [
                {"ticket_id": "2", "field": "status", "changed_at": CREATED, "value": "old"}
            ],
        },
    )
    refreshed = Warehouse(tmp_path / "refreshed")
    found = []
    # The refresh in between must keep the entries that it has not read.
    for day in (3, 4, 7):
        as_of = datetime(2025, 6, day, 12, tzinfo=UTC)
        plan = refreshed.refresh(landing, as_of)
        assert bool(plan.previous_as_of) == (day != 3)
        found.append(
            refreshed.marts("select closed_at_basis, status_id from fct_tickets order by ticket_id")
        )
    before = [(None, "done"), ("events", "old")]
    assert found == [before, before, [("reported", "done"), ("events", "done")]]
    full = Warehouse(tmp_path / "full")
    full.refresh(landing, as_of)
    assert compare_marts(refreshed.paths.candidate, full.paths.candidate) == []
