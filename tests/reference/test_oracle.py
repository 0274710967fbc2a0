"""The life of a ticket, worked out by hand: one example for each ruling of `life` and `desk`."""

from __future__ import annotations

import pytest

from .small_desk import (
    Rows,
    answered,
    asked,
    at,
    desk,
    history,
    iso,
    lived,
    marts,
    office_hours,
    only,
    policy,
    ticket,
)

HOUR, DAY = 3600, 86400


def intervals(*changes: tuple[str, str | None], as_of: str = "2024-05-10T12:00:00Z") -> list[tuple]:
    """(status, entered, left, seconds) of a ticket created on 1 May, 09:00Z."""
    found = marts(desk(ticket_field_history=history("status", *changes)), as_of)
    return [
        (row["status_id"], row["entered_at"], row["left_at"], row["duration_seconds"])
        for row in found["fct_ticket_status_history"]
    ]


def test_a_ticket_without_history_has_one_interval_in_its_current_status() -> None:
    assert intervals() == [("new", at("01 09:00"), None, 9 * DAY + 3 * HOUR)]


def test_the_first_known_status_counts_from_creation() -> None:
    assert intervals(("01 11:00", "waiting"), ("01 12:00", "done")) == [
        ("waiting", at("01 09:00"), at("01 12:00"), 3 * HOUR),
        ("done", at("01 12:00"), None, None),
    ]


def test_history_before_creation_counts_at_creation_in_its_order() -> None:
    assert intervals(("01 07:00", "new"), ("01 08:00", "waiting"), ("01 10:00", "new")) == [
        ("new", at("01 09:00"), at("01 09:00"), 0),
        ("waiting", at("01 09:00"), at("01 10:00"), HOUR),
        ("new", at("01 10:00"), None, 9 * DAY + 2 * HOUR),
    ]


def test_repeats_merge_and_changes_at_one_time_keep_their_order() -> None:
    changes = [("01 10:00", "new"), ("01 11:00", "waiting"), ("01 11:00", "done")]
    assert intervals(*changes, ("02 11:00", "done")) == [
        ("new", at("01 09:00"), at("01 11:00"), 2 * HOUR),
        ("waiting", at("01 11:00"), at("01 11:00"), 0),
        ("done", at("01 11:00"), None, None),
    ]


def test_the_last_interval_of_a_closed_ticket_has_no_duration() -> None:
    changes = [("01 09:00", "new"), ("03 09:00", "done"), ("05 09:00", "gone")]
    assert intervals(*changes) == [
        ("new", at("01 09:00"), at("03 09:00"), 2 * DAY),
        ("done", at("03 09:00"), at("05 09:00"), 2 * DAY),
        ("gone", at("05 09:00"), None, None),
    ]
    of = desk(ticket_field_history=history("status", *changes))
    last = marts(of)["fct_ticket_status_history"][-1]
    assert (last["is_current"], last["duration_business_seconds"]) == (True, None)
    assert only(of, "fct_tickets")["time_open_seconds"] == 2 * DAY
    # Nothing about it changes as time passes; open again, all of it counts.
    assert marts(of, iso("20 12:00"))["fct_ticket_status_history"][-1] == last
    assert intervals(*changes, ("06 09:00", "new"))[2:] == [
        ("gone", at("05 09:00"), at("06 09:00"), DAY),
        ("new", at("06 09:00"), None, 4 * DAY + 3 * HOUR),
    ]


def test_durations_add_up_with_fractions_of_seconds() -> None:
    found = intervals(
        ("01 09:00:00.9", "new"), ("01 10:00:00.9", "waiting"), ("01 10:00:01.1", "new")
    )
    assert [seconds for *_, seconds in found] == [HOUR, 1, 9 * DAY + 2 * HOUR - 1]
    assert sum(seconds for *_, seconds in found) == 9 * DAY + 3 * HOUR


def test_events_after_as_of_are_not_visible() -> None:
    changes = [("01 10:00", "waiting"), ("01 11:00", "done")]
    assert intervals(*changes, as_of="2024-05-01T10:30:00Z") == [
        ("waiting", at("01 09:00"), None, HOUR + HOUR // 2)
    ]
    assert len(intervals(*changes, as_of="2024-05-01T11:00:00Z")) == 2
    assert marts(desk(), "2024-05-01T08:59:59Z")["fct_tickets"] == []


def test_the_newest_visible_version_of_a_row_counts() -> None:
    versions = [
        ticket(category="third", updated_at=iso("03 00:00")),
        ticket(category="fourth", updated_at=iso("11 00:00")),
        ticket(category="first"),
        ticket(category="second", updated_at=iso("02 00:00")),
    ]
    of = desk(tickets=versions)
    assert only(of, "fct_tickets")["category"] == "third"
    assert only(of, "fct_tickets", "2024-05-02T23:59:59Z")["category"] == "second"
    assert only(of, "fct_tickets", "2024-05-01T23:59:59Z")["category"] == "first"
    of["tickets"] = [versions[1], versions[0]]
    assert only(of, "fct_tickets", "2024-05-01T23:59:59Z")["category"] == "third"


def test_the_three_close_times_of_a_reopened_ticket() -> None:
    changes = [("01 09:00", "new"), ("01 10:00", "done"), ("01 12:00", "new")]
    row = lived(*changes, ("01 15:00", "done"))
    assert row["first_closed_at"] == at("01 10:00")
    assert row["first_time_to_close_seconds"] == HOUR
    assert row["closed_at"] == at("01 15:00")
    assert row["time_to_close_seconds"] == 6 * HOUR
    assert row["time_open_seconds"] == 4 * HOUR
    assert (row["reopen_count"], row["last_reopened_at"]) == (1, at("01 12:00"))


def test_a_reopened_ticket_is_not_closed() -> None:
    row = lived(("01 09:00", "new"), ("01 10:00", "done"), ("01 12:00", "new"))
    assert row["closed_at"] is row["closed_date"] is row["time_to_close_seconds"] is None
    assert row["first_closed_at"] == at("01 10:00")


def test_one_closed_status_after_another_is_one_close() -> None:
    row = lived(("01 09:30", "new"), ("01 10:00", "done"), ("01 11:00", "gone"))
    assert (row["closed_at"], row["status_id"]) == (at("01 10:00"), "gone")
    assert row["reopen_count"] == 0


def test_a_ticket_that_begins_closed_was_closed_at_creation() -> None:
    row = lived(("01 11:00", "done"))
    assert row["closed_at"] == row["first_closed_at"] == at("01 09:00")
    assert row["time_open_seconds"] == 0


def test_a_closed_ticket_without_history_has_the_reported_close_time() -> None:
    row = only(
        desk(tickets=[ticket(status_id="done", reported_closed_at=iso("03 09:00"))]), "fct_tickets"
    )
    assert (row["closed_at"], row["closed_at_basis"]) == (at("03 09:00"), "reported")
    assert row["time_to_close_seconds"] == row["time_open_seconds"] == 2 * DAY


@pytest.mark.parametrize("reported", ["", "2024-05-01T08:59:59Z", "2030-01-01T00:00:00Z"])
def test_a_close_at_an_unknown_time_is_in_no_duration_backlog_or_clock(reported: str) -> None:
    of = desk(
        tickets=[ticket(status_id="done", reported_closed_at=reported)],
        messages=asked("01 10:00"),
        **policy("time_to_close", HOUR),
    )
    of["sla_targets"] += policy("first_response", HOUR)["sla_targets"]
    found = marts(of)
    (row,) = found["fct_tickets"]
    assert (row["status_state"], row["closed_at"], row["closed_at_basis"]) == ("closed", None, None)
    assert row["time_to_close_seconds"] is row["time_open_seconds"] is row["closed_date"] is None
    assert found["fct_backlog_daily"] == found["fct_sla_clocks"] == []
    (cycle,) = found["fct_response_cycles"]
    assert (cycle["outcome"], cycle["ended_at"], cycle["wait_seconds"]) == ("closed", None, None)


def test_a_ticket_row_newer_than_its_history_ends_it_with_inferred_changes() -> None:
    changes = history("status", ("01 09:00", "new")) + history("agent", ("01 09:30", "a1"))
    newer = ticket(status_id="done", agent_id="a2", updated_at=iso("03 09:00"))
    of = desk(tickets=[newer], ticket_field_history=changes, agents=[{"agent_id": "a2"}])
    row = only(of, "fct_tickets")
    assert (row["closed_at"], row["is_status_inferred"]) == (at("03 09:00"), True)
    assert row["agent_key"] == "generic:a2"
    inferred = [interval["is_inferred"] for interval in marts(of)["fct_ticket_status_history"]]
    assert inferred == [False, True]
    # As of before the row was written, the history is all there is.
    assert only(of, "fct_tickets", "2024-05-02T00:00:00Z")["status_id"] == "new"


def test_an_empty_value_and_the_case_of_a_priority_infer_nothing() -> None:
    changes = history("agent", ("01 09:30", "a1")) + history("priority", ("01 09:30", "High"))
    newer = ticket(priority=" high", updated_at=iso("03 09:00"))
    row = only(desk(tickets=[newer], ticket_field_history=changes), "fct_tickets")
    assert (row["agent_key"], row["priority"]) == ("generic:a1", "High")


def test_without_seq_the_change_that_agrees_with_the_row_is_last() -> None:
    changes = history("status", ("01 10:00", "done"), ("01 10:00", "new"), ("01 10:00", "waiting"))
    bare = [{**change, "seq": None} for change in changes]
    of = desk(tickets=[ticket(status_id="done")], ticket_field_history=bare)
    found = marts(of)["fct_ticket_status_history"]
    assert [row["status_id"] for row in found] == ["new", "waiting", "done"]


def test_a_reopen_of_zero_length_counts() -> None:
    row = lived(
        ("01 09:00", "new"), ("01 10:00", "done"), ("01 10:00", "new"), ("01 10:00", "done")
    )
    assert row["reopen_count"] == 1
    assert row["first_closed_at"] == row["closed_at"] == at("01 10:00")


@pytest.mark.parametrize(
    ("reopened", "closed_again", "messages", "meaningful"),
    [
        ("01 12:00", None, [], 0),
        ("04 10:00", None, [], 1),
        ("04 09:59:59", None, [], 0),
        ("01 12:00", "01 13:00", ["01 11:59:59"], 0),
        ("01 12:00", "01 13:00", ["01 12:00"], 1),
        ("01 12:00", "01 13:00", ["01 12:59:59"], 1),
        ("01 12:00", "01 13:00", ["01 13:00"], 0),
        ("01 12:00", None, ["05 12:00"], 1),
    ],
)
def test_meaningful_reopens(
    reopened: str, closed_again: str | None, messages: list[str], meaningful: int
) -> None:
    changes = [("01 09:00", "new"), ("01 10:00", "done"), (reopened, "new")]
    if closed_again:
        changes.append((closed_again, "done"))
    row = lived(*changes, messages=asked(*messages))
    assert (row["reopen_count"], row["meaningful_reopen_count"]) == (1, meaningful)


def test_an_interval_keeps_the_state_that_its_status_had_at_its_start() -> None:
    statuses: Rows = [
        {"status_id": "new", "state": "open"},
        {"status_id": "review", "pipeline_id": "A", "state": "on_hold"},
        {"status_id": "review", "state": "closed"},
    ]
    of = desk(
        statuses=statuses,
        pipelines=[{"pipeline_id": "A"}, {"pipeline_id": "B"}],
        ticket_field_history=[
            *history("status", ("01 09:00", "review"), ("03 09:00", "new"), ("04 09:00", "review")),
            *history("status", ("05 09:00", "ghost")),
            *history("pipeline", ("01 12:00", "A"), ("02 09:00", "B")),
        ],
    )
    states = [row["status_state"] for row in marts(of)["fct_ticket_status_history"]]
    assert states == ["on_hold", "open", "closed", "unknown"]
    assert only(of, "fct_tickets")["pipeline_key"] == "generic:B"


def test_properties_come_from_history_else_from_the_row() -> None:
    of = desk(
        tickets=[ticket(agent_id="a9", priority="low", company_id="c9", contact_id="")],
        agents=[{"agent_id": "a1"}, {"agent_id": "a2"}],
        ticket_field_history=history("agent", ("02 09:00", "a1"), ("03 09:00", "a2")),
    )
    row = only(of, "fct_tickets", "2024-05-02T12:00:00Z")
    assert (row["agent_key"], row["priority"]) == ("generic:a1", "low")
    assert row["company_key"] == row["contact_key"] == "unknown"
    assert only(of, "fct_tickets", "2024-05-01T12:00:00Z")["agent_key"] == "unknown"


def test_time_to_assign_reads_the_history_rows() -> None:
    def seconds(*changes: tuple[str, str | None]) -> int | None:
        row = only(desk(ticket_field_history=history("agent", *changes)), "fct_tickets")
        return row["time_to_assign_seconds"]

    assert seconds(("01 09:10", None), ("01 09:30", "a1"), ("01 10:00", "a2")) == 1800
    assert seconds(("01 08:00", "a1")) == 0
    assert seconds() is None
    assert seconds(("01 10:00", None)) is None


def test_the_team_is_the_owners_primary_one_where_none_is_recorded() -> None:
    teams: Rows = [
        {"agent_id": "a1", "team_id": "t1", "is_primary": "true", "valid_to": "2024-05-03"},
        {"agent_id": "a1", "team_id": "t2", "is_primary": "1", "valid_from": "2024-05-03"},
        {"agent_id": "a1", "team_id": "t3", "is_primary": "false"},
    ]
    known = {"agent_teams": teams, "teams": [{"team_id": t} for t in ("t1", "t2", "t3")]}

    def team(as_of: str, **columns: str) -> str:
        return only(
            desk(tickets=[ticket(agent_id="a1", **columns)], **known), "fct_tickets", as_of
        )["team_key"]

    assert team("2024-05-02T23:59:59Z") == "generic:t1"
    assert team("2024-05-03T00:00:00Z") == "generic:t2"
    assert team("2024-05-03T00:00:00Z", team_id="t3") == "generic:t3"
    known["ticket_field_history"] = history("team", ("01 09:00", "t3"), ("02 09:00", None))
    assert team("2024-05-02T00:00:00Z") == "generic:t3"
    assert team("2024-05-02T09:00:00Z", team_id="t3") == "generic:t1"


@pytest.mark.parametrize(
    ("others", "team"), [([], "t1"), ([None], None), (["false"], None), (["true"], "t2")]
)
def test_the_only_team_is_primary_unless_it_says_otherwise(
    others: list[str | None], team: str | None
) -> None:
    teams = [
        {"agent_id": "a1", "team_id": f"t{number}", "is_primary": is_primary}
        for number, is_primary in enumerate([None, *others], start=1)
    ]
    known = [{"team_id": "t1"}, {"team_id": "t2"}]
    of = desk(tickets=[ticket(agent_id="a1")], agent_teams=teams, teams=known)
    assert only(of, "fct_tickets")["team_key"] == (f"generic:{team}" if team else "unknown")


def test_exclusions() -> None:
    assert lived()["exclusion_reason"] is None
    assert lived(is_deleted="true")["exclusion_reason"] == "deleted"
    assert lived(is_spam="1", is_deleted="1")["exclusion_reason"] == "deleted"
    assert lived(merged_into_id="nobody")["exclusion_reason"] is None
    merged = ticket(merged_into_id="u")
    later = ticket("20 09:00")
    of = desk(tickets=[merged, {**later, "ticket_id": "u"}])
    assert only(of, "fct_tickets", iso("02 00:00"))["exclusion_reason"] == "merged"
    row = lived(merged_into_id="u", is_spam="1")
    assert (row["exclusion_reason"], row["is_excluded"]) == ("spam", True)
    deletion = {"table": "tickets", "key": "t", "deleted_at": iso("02 00:00")}
    of = desk(deletions=[deletion])
    assert only(of, "fct_tickets")["exclusion_reason"] == "deleted"
    assert only(of, "fct_tickets", "2024-05-01T23:00:00Z")["exclusion_reason"] is None


def test_report_dates_are_those_of_the_report_time_zone() -> None:
    of = desk(tickets=[ticket("01 22:00")])
    assert only(of, "fct_tickets")["created_date"].day == 1
    assert only(of, "fct_tickets", report_timezone="Asia/Kolkata")["created_date"].day == 2


def test_business_seconds_follow_changes_of_schedule() -> None:
    of = desk(
        tickets=[ticket("01 16:00", pipeline_id="A")],
        pipelines=[{"pipeline_id": "A", "schedule_id": "s"}],
        business_hours=office_hours(),
        holidays=[{"schedule_id": "s", "start_date": "2024-05-02"}],
        messages=answered("03 10:00"),
    )
    row = only(of, "fct_tickets")
    assert row["first_response_seconds"] == 42 * HOUR
    assert row["first_response_business_seconds"] == 2 * HOUR
    # One hour of the pipeline's office hours, then around the clock.
    of["ticket_field_history"] = history("schedule", ("01 16:00", ""), ("01 17:00", "other"))
    assert only(of, "fct_tickets")["first_response_business_seconds"] == (1 + 41) * HOUR
    of["ticket_field_history"] = history("schedule", ("01 16:00", ""), ("03 09:30", "other"))
    assert only(of, "fct_tickets")["first_response_business_seconds"] == 2 * HOUR
    of["ticket_field_history"] = history("schedule", ("01 17:00", "other"))
    assert only(of, "fct_tickets")["first_response_business_seconds"] == 42 * HOUR
