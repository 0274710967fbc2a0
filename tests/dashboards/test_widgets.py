"""Common properties of all widgets: as_of, files, missing tables; without a browser."""

import re
from datetime import date, datetime

import pytest

from helpdesk.dashboards.widgets import write_widgets
from helpdesk.dashboards.widgets.desk import Clock
from helpdesk.dashboards.widgets.tickets import LISTED
from tests.dashboards.desk import COMPANIES, PIPELINES, STATUSES, open_marts
from tests.dashboards.widgets import EIGHT_HUNDRED_OPEN, Written, write


def test_a_page_has_its_as_of_and_time_zone(written):
    for page in ("summary", "sla", "quality"):
        content = written.file(page)
        assert (content["as_of"], content["zone"]) == ("31 March 2026, 12:00", "UTC")


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


def test_a_missing_table_is_not_configured_and_never_zero(written):
    calls = written.widget("summary", "Calls today")
    assert calls["missing"] == ["calls"]
    assert "groups" not in calls
    availability = written.widget("summary", "Availability")
    assert availability["partly_missing"] == ["agent_availability"]
    assert "Status" not in [column["label"] for column in availability["table"]["columns"]]


def test_missing_slas_messages_and_surveys_name_the_tables_that_they_need(changed):
    written = changed(
        """update reconciliation set is_configured = false
        where table_name in ('sla_policies', 'sla_targets', 'messages', 'survey_responses')"""
    )
    assert written.widget("summary", "SLA progress")["missing"] == ["sla_policies", "sla_targets"]
    figures = written.figures("Team today")
    assert figures["CSAT"] == {"label": "CSAT", "missing": ["survey_responses"]}
    assert figures["Time to first response"]["missing"] == ["messages"]
    assert {widget["missing"][0] for widget in written.file("sla")["widgets"]} == {"sla_policies"}
    assert written.widget("quality", "Freshness")["facts"][-1]["missing"] == ["messages"]
    rows = {row["Table"]: row for row in written.cells("quality", "Reconciliation")}
    assert rows["messages"]["Read"] is None
    assert rows["tickets"]["Read"] == 400
    # Widgets that are not configured have no lists of tickets.
    assert not list(written.out.glob("tickets_overdue-*"))


def test_a_table_without_a_usable_row_has_a_reason(written, changed):
    """A configured table without figures differs from a missing table."""
    because = "all rows were rejected (5)"
    assert written.widget("summary", "SLA progress")["empty"] == []
    now = changed(
        f"update reconciliation set empty_because = '{because}' where table_name = 'sla_policies'"
    )
    for page, title in (("summary", "SLA progress"), ("sla", "Targets")):
        assert now.widget(page, title)["empty"] == [{"table": "sla_policies", "because": because}]
        assert "missing" not in now.widget(page, title)
    rows = {row["Table"]: row for row in now.cells("quality", "Reconciliation")}
    assert rows["sla_policies"]["Why none is modelled"] == because
    assert rows["tickets"]["Why none is modelled"] is None


def test_names_are_unchanged_and_keys_are_in_no_file_name(written):
    content = written.file("tickets_tickets_open")
    cells = {cell for row in content["rows"] for cell in row if isinstance(cell, str)}
    assert set(COMPANIES.values()) & cells
    assert cells & set(PIPELINES.values())
    assert {name for _, name, _ in STATUSES[:2]} <= cells
    for path in written.out.iterdir():
        assert re.fullmatch(r"[a-z0-9_-]+\.json", path.name)


def test_only_the_first_tickets_of_a_list_are_written(changed):
    written = changed(*EIGHT_HUNDRED_OPEN)
    content = written.file("tickets_tickets_open")
    assert content["total"] == content["tickets"] == 800
    ages = [row[0] for row in content["rows"]]
    assert len(ages) == LISTED
    assert ages == sorted(ages, reverse=True), "the oldest of them"


def test_the_same_marts_give_the_same_bytes_and_old_lists_are_deleted(
    desk, widgets, written, tmp_path
):
    (tmp_path / "tickets_gone.json").write_text("{}")
    again = write(desk.marts, widgets, tmp_path)
    assert {path.name: path.read_bytes() for path in again.out.iterdir()} == {
        path.name: path.read_bytes() for path in written.out.iterdir()
    }


def test_every_report_has_its_insights(written, widgets, desk):
    widget = widgets.only("insights")
    with open_marts(desk.marts, read_only=True) as connection:
        wanted = connection.execute(
            f"select report_id, list(sentence order by position) from {widget.relation.sql} "
            "where report_id <> 'S6' group by all"
        ).fetchall()
    found = written.file("insights")
    assert {report: [one["sentence"] for one in rows] for report, rows in found.items()} == dict(
        wanted
    )
    assert len(found) >= 10


def test_other_words_are_shown_for_the_same_row(desk, widgets, tmp_path):
    with open_marts(desk.marts, read_only=True) as connection:
        write_widgets(connection, widgets, tmp_path, lambda rows: {"R1:1": "In other words."})
    (first, *_) = Written(tmp_path).file("insights")["R1"]
    assert first["sentence"] == "In other words."
    assert first["row"]["sentence"] != first["sentence"]
