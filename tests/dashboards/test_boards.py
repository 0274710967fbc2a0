"""What all boards have in common: their moment, their files, and what was not landed; no browser."""

import re
from datetime import date, datetime

import pytest

from dashboards.boards import write_boards
from dashboards.boards.desk import Clock
from dashboards.boards.tickets import LISTED
from tests.dashboards.boards import Written, write
from tests.dashboards.desk import COMPANIES, PIPELINES, STATUSES, open_marts


def test_a_board_says_its_moment_and_zone(written):
    for page in ("summary", "sla", "quality"):
        board = written.file(page)
        assert (board["as_of"], board["zone"]) == ("31 March 2026, 12:00", "UTC")


@pytest.mark.parametrize(
    ("zone", "day", "starts"),
    [
        ("UTC", date(2026, 3, 31), "2026-03-31T00:00:00"),
        ("Asia/Kolkata", date(2026, 3, 31), "2026-03-30T18:30:00"),
        # Midnight does not exist: the clock goes from 23:59 to 01:00.
        ("Africa/Cairo", date(2026, 4, 24), "2026-04-23T22:00:00"),
        # Midnight comes twice: it is set back from 01:00.
        ("America/Havana", date(2026, 11, 1), "2026-11-01T04:00:00"),
    ],
)
def test_today_starts_when_its_date_does(zone, day, starts):
    clock = Clock("b", datetime(2026, 3, 31, 12), day, zone)
    assert clock.today_starts == datetime.fromisoformat(starts)
    assert clock.local(clock.today_starts).date() == day


def test_what_is_not_landed_is_not_configured_and_never_zero(written):
    calls = written.part("summary", "Calls today")
    assert calls["missing"] == ["calls"]
    assert "groups" not in calls
    availability = written.part("summary", "Availability")
    assert availability["partly_missing"] == ["agent_availability"]
    assert "Status" not in [column["label"] for column in availability["table"]["columns"]]


def test_a_desk_without_slas_messages_or_surveys_says_what_would_make_them_appear(changed):
    written = changed(
        """update reconciliation set is_configured = false
        where table_name in ('sla_policies', 'sla_targets', 'messages', 'survey_responses')"""
    )
    assert written.part("summary", "SLA progress")["missing"] == ["sla_policies", "sla_targets"]
    figures = written.figures("Team today")
    assert figures["CSAT"] == {"label": "CSAT", "missing": ["survey_responses"]}
    assert figures["Time to first response"]["missing"] == ["messages"]
    assert {part["missing"][0] for part in written.file("sla")["parts"]} == {"sla_policies"}
    assert written.part("quality", "Freshness")["facts"][-1]["missing"] == ["messages"]
    rows = {row["Table"]: row for row in written.cells("quality", "Reconciliation")}
    assert rows["messages"]["Read"] is None
    assert rows["tickets"]["Read"] == 400
    # What nobody configured leads nowhere either.
    assert not list(written.out.glob("tickets_overdue-*"))


def test_names_stay_what_they_are_and_keys_name_no_file(written):
    content = written.file("tickets_tickets_open")
    cells = {cell for row in content["table"]["rows"] for cell in row if isinstance(cell, str)}
    assert set(COMPANIES.values()) & cells
    assert cells & set(PIPELINES.values())
    assert {name for _, name, _ in STATUSES[:2]} <= cells
    for path in written.out.iterdir():
        assert re.fullmatch(r"[a-z0-9_-]+\.json", path.name)


def test_only_the_first_tickets_of_a_list_are_written(changed):
    written = changed("update fct_tickets set closed_at = null, is_excluded = false",
                      "insert into fct_tickets select * replace (ticket_key || 'x' as ticket_key) from fct_tickets")  # fmt: skip
    content = written.file("tickets_tickets_open")
    assert content["tickets"] == 800
    opened = [row[-2] for row in content["table"]["rows"]]
    assert len(opened) == LISTED
    assert opened == sorted(opened), "the oldest of them"


def test_the_same_marts_give_the_same_bytes_and_old_lists_go(desk, boards, written, tmp_path):
    (tmp_path / "tickets_gone.json").write_text("{}")
    again = write(desk.marts, boards, tmp_path)
    assert {path.name: path.read_bytes() for path in again.out.iterdir()} == {
        path.name: path.read_bytes() for path in written.out.iterdir()
    }


def test_every_report_has_its_insights(written, boards, desk):
    part = boards.only("insights")
    with open_marts(desk.marts, read_only=True) as connection:
        wanted = connection.execute(
            f"select report_id, list(sentence order by position) from {part.relation.sql} "
            "where report_id <> 'S6' group by all"
        ).fetchall()
    found = written.file("insights")
    assert {report: [one["sentence"] for one in rows] for report, rows in found.items()} == dict(
        wanted
    )
    assert len(found) >= 10


def test_other_words_are_shown_for_the_same_row(desk, boards, tmp_path):
    with open_marts(desk.marts, read_only=True) as connection:
        write_boards(connection, boards, tmp_path, lambda rows: {"R1:1": "In other words."})
    (first, *_) = Written(tmp_path).file("insights")["R1"]
    assert first["sentence"] == "In other words."
    assert first["row"]["sentence"] != first["sentence"]
