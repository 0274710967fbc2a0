"""The business hours of tickets from Fivetran's tables: schedules, the default schedule, holidays."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import run_helpdesk
from tests.vendors.built import build_marts
from tests.vendors.zendesk.sla_account import write_fivetran

Object = dict[str, Any]
AS_OF = "2021-01-01T00:00:00Z"
AGENT, CUSTOMER = 4001, 5001
EVERY_DAY, OFFICE, FIVE_DAYS = 31, 32, 33


def schedule(schedule_id: int, zone: str, *windows: tuple[int, int]) -> list[Object]:
    return [
        {
            "id": schedule_id,
            "name": f"Schedule {schedule_id}",
            "time_zone": zone,
            "start_time": start,
            "end_time": end,
            "created_at": f"2019-01-{schedule_id - 30:02}T00:00:00Z",
            "_fivetran_deleted": False,
        }
        for start, end in windows
    ]


def daily(start: int, end: int, days: range) -> list[tuple[int, int]]:
    return [(day * 1440 + start, day * 1440 + end) for day in days]


def holiday(holiday_id: int, schedule_id: int, first: str, last: str) -> Object:
    return {
        "id": holiday_id,
        "schedule_id": schedule_id,
        "name": "Holiday",
        "start_date": first,
        "end_date": last,
        "_fivetran_deleted": False,
    }


# A ticket that was created, then answered and solved at once: id, form, times, schedules.
Ticket = tuple[int, int | None, str, str, list[tuple[str, int]]]
TICKETS: list[tuple[Ticket, int]] = [
    # Two schedules of one ticket, a published example of dbt_zendesk's decision log: 07:00 to 21:00 in
    # Chicago on every day until 19:01:25, then 08:00 to 17:30 in San Francisco on weekdays.
    # 17:01:38 to 02:00, 12:00 to 19:01:25, and 21 s: 960.1333 minutes.
    (
        (
            1,
            8001,
            "2020-09-29 17:01:38Z",
            "2020-09-30 19:01:46Z",
            [("2020-09-29 17:01:38Z", EVERY_DAY), ("2020-09-30 19:01:25Z", OFFICE)],
        ),
        57_608,
    ),
    # No form and no schedule of its own: the account's default one, the oldest. 21:00 to 02:00 is
    # 5 h, then from 12:00.
    ((2, None, "2020-09-29 21:00:00Z", "2020-09-30 13:00:00Z", []), 6 * 3600),
    # A form that is in no table changes nothing.
    ((3, 9999, "2020-09-29 21:00:00Z", "2020-09-30 13:00:00Z", []), 6 * 3600),
    # Assigned after three hours: 2 h of the default schedule, until 02:00, then none, then the office's.
    (
        (
            4,
            None,
            "2020-09-30 00:00:00Z",
            "2020-09-30 16:00:00Z",
            [("2020-09-30 03:00:00Z", OFFICE)],
        ),
        3 * 3600,
    ),
    # By a rule when it was made, which is dated two seconds later: never of the default one.
    (
        (
            5,
            None,
            "2020-09-30 12:00:00Z",
            "2020-09-30 16:00:00Z",
            [("2020-09-30 12:00:02Z", OFFICE)],
        ),
        3600,
    ),
    # One window of five days: from Friday noon to midnight, and on Monday to noon.
    (
        (
            6,
            None,
            "2020-10-02 12:00:00Z",
            "2020-10-05 12:00:00Z",
            [("2020-10-02 12:00:00Z", FIVE_DAYS)],
        ),
        24 * 3600,
    ),
    # Holidays of the office, as midnights and as the instants of its local ones: 26 and 27 November
    # are closed. An hour on the 25th, nine and a half on the 30th, and one hour.
    (
        (
            7,
            None,
            "2020-11-26 00:30:00Z",
            "2020-12-01 17:00:00Z",
            [("2020-11-26 00:30:00Z", OFFICE)],
        ),
        3600 + 34_200 + 3600,
    ),
]


def rows_of(schedules: list[Object]) -> dict[str, list[Object]]:
    rows: dict[str, list[Object]] = {
        "user": [
            {"id": AGENT, "name": "Ada Agent", "role": "agent", "active": True},
            {"id": CUSTOMER, "name": "Cai Customer", "role": "end-user", "active": True},
        ],
        "group": [{"id": 7001, "name": "Support"}],
        "schedule": schedules,
        "schedule_holiday": [
            holiday(1, OFFICE, "2020-11-26 00:00:00", "2020-11-26 00:00:00"),
            holiday(2, OFFICE, "2020-11-27 08:00:00", "2020-11-28 07:59:59"),
            # A holiday that was taken back.
            {**holiday(3, EVERY_DAY, "2020-09-29", "2020-09-30"), "_fivetran_deleted": True},
        ],
    }
    for name in ("ticket", "ticket_field_history", "ticket_comment", "ticket_schedule"):
        rows[name] = []
    for (ticket_id, form, created, solved, assigned), _ in TICKETS:
        ends = {"created_at": created, "updated_at": solved}
        row = {"id": ticket_id, "status": "solved", "ticket_form_id": form, "priority": "normal"}
        people = {"requester_id": CUSTOMER, "submitter_id": CUSTOMER, "via_channel": "email"}
        rows["ticket"].append({**row, **ends, **people, "_fivetran_deleted": False})
        for at, status in ((created, "open"), (solved, "solved")):
            rows["ticket_field_history"].append(
                {"ticket_id": ticket_id, "field_name": "status", "updated": at, "value": status}
            )
        for place, (at, author) in enumerate(((created, CUSTOMER), (solved, AGENT))):
            rows["ticket_comment"].append(
                {
                    "id": ticket_id * 10 + place,
                    "ticket_id": ticket_id,
                    "created": at,
                    "user_id": author,
                    "public": True,
                    "voice_comment": False,
                }
            )
        rows["ticket_schedule"] += [
            {"ticket_id": ticket_id, "created_at": at, "schedule_id": schedule_id}
            for at, schedule_id in assigned
        ]
    return rows


def land(rows: dict[str, list[Object]], folder: Path) -> None:
    write_fivetran(rows, folder / "lake.duckdb")
    origin = ["--from", f"duckdb:{folder / 'lake.duckdb'}", "--layout", "fivetran"]
    run_helpdesk("ingest", "zendesk", "--landing", folder / "landing", *origin)


@pytest.mark.long
@pytest.mark.slow
def test_each_time_counts_in_the_schedule_at_that_time(tmp_path: Path) -> None:
    land(
        rows_of(
            [
                *schedule(EVERY_DAY, "Central Time (US & Canada)", *daily(420, 1260, range(7))),
                *schedule(OFFICE, "Pacific Time (US & Canada)", *daily(480, 1050, range(1, 6))),
                # Hours that were taken back.
                {
                    **schedule(OFFICE, "Pacific Time (US & Canada)", (0, 300))[0],
                    "_fivetran_deleted": True,
                },
                *schedule(FIVE_DAYS, "UTC", (1440, 8640)),
            ]
        ),
        tmp_path,
    )
    marts_file, _ = build_marts(
        tmp_path / "landing", tmp_path / "output", datetime.fromisoformat(AS_OF)
    )
    with duckdb.connect(marts_file, read_only=True) as marts:
        found = marts.execute(
            """select ticket_id::int, first_response_business_seconds, time_to_close_business_seconds
            from marts.fct_tickets order by 1"""
        ).fetchall()
        unusable = marts.execute("select table_name, reason from marts.quarantine").fetchall()
    assert found == [(ticket[0], seconds, seconds) for ticket, seconds in TICKETS]
    assert unusable == []


@pytest.mark.long
@pytest.mark.slow
def test_unusable_business_hours_stop_the_build(tmp_path: Path) -> None:
    """For an unknown zone and an end before its start, the build stops and names them."""
    land(
        rows_of(
            [
                *schedule(EVERY_DAY, "Central Time (Atlantis)", *daily(420, 1260, range(7))),
                *schedule(OFFICE, "Pacific Time (US & Canada)", (3000, 2900)),
                *schedule(FIVE_DAYS, "UTC", (1440, 8640)),
            ]
        ),
        tmp_path,
    )
    run = ("build", "--landing", tmp_path / "landing", "--output", tmp_path / "output")
    built = run_helpdesk(*run, "--as-of", AS_OF, check=False)
    said = " ".join((built.stdout + built.stderr).split())
    assert built.returncode != 0
    assert "business_hours" in said
    assert "timezone: no IANA time zone" in said
    assert "end_minute: not start_minute to 2880" in said
