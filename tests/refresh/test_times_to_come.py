"""A future time in a ticket's row counts from the refresh whose as_of is after it."""

from pathlib import Path

import pytest

from tests.conftest import published, run_helpdesk
from tests.small_desk import write_desk

CREATED = "2025-06-01T10:00:00Z"


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
    output = tmp_path / "output"
    found = []
    # The refresh in between must keep the entries that it has not read.
    for day in (3, 4, 7):
        as_of = f"2025-06-{day:02}T12:00:00Z"
        run_helpdesk("build", "--landing", landing, "--output", output, "--as-of", as_of)
        with published(output) as connection:
            found.append(
                connection.execute(
                    "select closed_at_basis, status_id from marts.fct_tickets order by ticket_id"
                ).fetchall()
            )
    before = [(None, "done"), ("events", "old")]
    assert found == [before, before, [("reported", "done"), ("events", "done")]]
    assert (
        "every mart equals that of a full build" in run_helpdesk("check", "--output", output).stdout
    )
