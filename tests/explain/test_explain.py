"""`helpdesk explain`: one late clock from its verdict down to the landed rows."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.explain import explain
from helpdesk.explain.words import conditions_text
from tests.conftest import run_helpdesk
from tests.small_desk import write_desk

AS_OF = "2024-02-01T00:00:00Z"
SUBJECT, CUSTOMER = "Reimbursement of Ida Holm", "Ida Holm"
DAYS = [
    {
        "schedule_id": "day",
        "weekday": weekday,
        "start_minute": 540,
        "end_minute": 1020,
        "timezone": "UTC",
    }
    for weekday in range(1, 6)
]


def change(field: str, at: str, value: str) -> dict[str, Any]:
    return {"ticket_id": "7", "field": field, "changed_at": at, "value": value}


def message(number: int, at: str, direction: str = "incoming", **other: Any) -> dict[str, Any]:
    who = {"incoming": "customer", "outgoing": "agent"}.get(direction, "customer")
    return {"message_id": f"m{number}", "ticket_id": "7", "sent_at": at, "direction": direction,
            "author_type": who, "author_id": "ann" if who == "agent" else "ida"} | other  # fmt: skip


def desk() -> dict[str, list[dict[str, Any]]]:
    """Ticket 7 waits for its customer from Monday 13:00 to Tuesday 10:00, and ends on Wednesday."""
    return {
        "tickets": [
            {"ticket_id": "7", "created_at": "2024-01-08T09:00:00Z", "status_id": "done",
             "updated_at": "2024-01-10T15:00:00Z", "subject": SUBJECT, "contact_id": "ida",
             "agent_id": "ann"},
            {"ticket_id": "8", "created_at": "2024-01-08T09:30:00Z", "status_id": "new",
             "merged_into_id": "7"},
            {"ticket_id": "9", "created_at": "2024-01-08T09:30:00Z", "status_id": "new",
             "is_spam": True},
            {"ticket_id": "10", "created_at": "2024-03-01T09:30:00Z", "status_id": "new"},
            {"ticket_id": "11", "created_at": "a week ago", "status_id": "new"},
        ],
        "statuses": [
            {"status_id": "new", "name": "New", "state": "open"},
            {"status_id": "wait", "name": "Waiting", "state": "pending"},
            {"status_id": "done", "name": "Done", "state": "closed"},
        ],
        "ticket_field_history": [
            change("status", "2024-01-08T09:00:00Z", "new"),
            change("agent", "2024-01-08T10:00:00Z", "ann"),
            change("status", "2024-01-08T13:00:00Z", "wait"),
            change("status", "2024-01-09T10:00:00Z", "new"),
            change("status", "2024-01-10T15:00:00Z", "done"),
        ],
        "messages": [
            message(1, "2024-01-08T09:00:00Z"),
            message(2, "2024-01-08T12:00:00Z", "outgoing"),
            message(3, "2024-01-09T10:00:00Z"),
            message(4, "2024-01-09T10:05:00Z", "outgoing"),
            message(5, "2024-01-09T11:00:00Z", "sideways"),
            message(6, "2024-01-09T11:30:00Z", "outgoing", is_public=False),
        ],
        "agents": [{"agent_id": "ann", "name": "Ann Dahl"}],
        "contacts": [{"contact_id": "ida", "name": CUSTOMER}],
        "business_hours": DAYS,
        "sla_policies": [{"policy_id": "std", "name": "Standard", "rank": 1}],
        "sla_targets": [
            {"policy_id": "std", "metric": metric, "goal_seconds": goal, "schedule_id": "day"}
            for metric, goal in (("first_response", 3600), ("time_to_close", 28_800))
        ],
        "sla_pause_statuses": [{"policy_id": "std", "status_id": "wait"}],
    }  # fmt: skip


HUBSPOT = {
    "tickets": [
        {"id": "7", "properties": {"createdate": "2024-01-02T10:00:00Z", "hs_pipeline_stage": "1"}}
    ],
    "pipelines": [
        {
            "id": "0",
            "label": "Support",
            "stages": [{"id": "1", "label": "New", "metadata": {"ticketState": "OPEN"}}],
        }
    ],
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("explained")
    landing = write_desk(folder / "landing", desk())
    write_desk(landing / "hubspot", HUBSPOT)
    config = folder / "helpdesk.yml"
    config.write_text("report_timezone: Europe/Oslo\n")
    output = folder / "output"
    run_helpdesk(
        "build", "--landing", landing, "--output", output, "--as-of", AS_OF, "--config", config
    )
    yield output
    shutil.rmtree(folder)


def explained(output: Path, ticket: str, *options: object) -> dict[str, Any]:
    done = run_helpdesk("explain", ticket, "--output", output, "--json", *options)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def clock(found: dict[str, Any], metric: str) -> dict[str, Any]:
    (one,) = [each for each in found["clocks"] if each["metric"] == metric]
    return one


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        (None, "none, so every ticket matches"),
        ("{}", "none, so every ticket matches"),
        ('{"priority": "high"}', "priority must be high"),
        ('{"priority": ["high", "urgent"], "channel_account": {"none_of": ["a"]}}',
         "priority must be one of high, urgent; and channel account must not be a"),
        ('{"tags": {"any_of": ["vip"], "none_of": ["x", "y"]}}',
         "tags must be vip; and tags must not be one of x, y"),
        ('{"team": {"is_empty": true}, "category": {"is_empty": false}}',
         "team must have no value; and category must have a value"),
        ("[1", "[1"),
    ],
)  # fmt: skip
def test_the_conditions_of_a_policy_are_words(conditions: str | None, words: str) -> None:
    assert conditions_text(conditions) == words


def test_a_late_clock_is_the_sum_of_its_intervals(output: Path) -> None:
    late = clock(explained(output, "generic:7"), "time_to_close")
    assert late["status"] == "completed_late"
    assert (late["policy_name"], late["goal_seconds"], late["schedule_id"]) == (
        "Standard",
        28_800,
        "day",
    )
    hour = 3600
    assert [
        (each["from_at"], each["is_running"], each["working_seconds"], each["total_seconds"])
        for each in late["intervals"]
    ] == [
        ("2024-01-08T09:00:00Z", True, 4 * hour, 4 * hour),
        ("2024-01-08T13:00:00Z", False, 0, 4 * hour),
        ("2024-01-09T10:00:00Z", True, 13 * hour, 17 * hour),
    ]
    assert late["elapsed_seconds"] == 17 * hour
    assert late["due_at"] == "2024-01-09T14:00:00Z"
    assert "4 h are counted before interval 3" in late["due_because"]
    assert late["discrepancy"] is None


def test_the_text_is_in_the_report_time_zone(output: Path) -> None:
    printed = run_helpdesk("explain", "generic:7", "--output", output).stdout
    for line in (
        "Times are in Europe/Oslo",
        "Mon 2024-01-08 10:00:00  status           New (open), 4 h",
        "Mon 2024-01-08 10:00:00  owner            first known owner: Ann Dahl",
        "Mon 2024-01-08 11:00:00  owner            assigned for the first time",
        "neither a question nor a response, because it is internal, automatic or was not delivered",
        "verdict     missed: it ended 1 d 1 h after it was due, 9 h of it working time",
        "elapsed     61,200 s, or 17 h: 14,400 + 46,800 s",
        "paused in Waiting (pending)",
        "open Tue 2024-01-09 11:00:00 to 18:00:00: 25,200 s  <- due at 15:00:00",
    ):
        assert line in printed


def test_a_figure_has_its_events_and_the_descriptions_of_the_mart(output: Path) -> None:
    found = explained(output, "generic:7")
    figures = {figure["name"]: figure for figure in found["figures"]}
    first = figures["first_response_seconds"]
    assert first["value"] == 3 * 3600
    assert [event["at"] for event in first["events"]] == [
        "2024-01-08T09:00:00Z",
        "2024-01-08T12:00:00Z",
    ]
    assert first["rulings"][2]["description"].startswith("Earliest agent response")
    assert figures["time_to_close_seconds"]["value"] == 2 * 86_400 + 6 * 3600
    assert figures["agent_response_count"]["value"] == 2
    assert figures["is_one_touch"]["value"] is False


def test_raw_shows_the_landed_rows_and_their_disposition(output: Path) -> None:
    found = explained(output, "generic:7", "--raw")
    rows = {(row["table"], row["row"]): row for row in found["landed"]}
    assert rows["messages", 2]["values"]["author_id"] == "ann"
    assert rows["messages", 5]["disposition"].startswith("rejected: direction")
    begun = [event["landed_at"] for event in found["timeline"] if event["kind"] == "status"]
    assert begun == [f"ticket_field_history.jsonl, row {row}" for row in (1, 3, 4, 5)]
    (rejected,) = found["rejected"]
    assert (rejected["file"], rejected["row"]) == ("messages.jsonl", 5)
    assert rejected["remedy"]


def test_no_personal_data_is_shown(output: Path) -> None:
    for words in ((), ("--json",), ("--raw",), ("--raw", "--json")):
        printed = run_helpdesk("explain", "generic:7", "--output", output, *words).stdout
        assert CUSTOMER not in printed
        assert SUBJECT not in printed
    ticket = explained(output, "generic:7", "--raw")["landed"][0]
    assert ticket["values"]["subject"] == "(masked)"


def test_an_excluded_ticket_has_a_warning_first(output: Path) -> None:
    assert explained(output, "8")["first"][0].startswith("This ticket is merged into generic:7:")
    assert explained(output, "#9")["first"][0].startswith("This ticket is spam:")
    assert "generic:8" in explained(output, "generic:7")["first"][0]


@pytest.mark.parametrize(
    ("ticket", "printed"),
    [
        ("7", "2 help desks have this ticket; give one of these keys:\n  generic:7"),
        ("77", "no such ticket. The nearest are generic:7, hubspot:7"),
        ("zendesk:8", "no such ticket. The nearest are generic:8"),
        ("10", "deferred: dated 2024-03-01 09:30:00 UTC, after as_of"),
        ("generic:11", "was rejected: created_at: not a"),
    ],
)
def test_an_unknown_ticket_has_an_explanation(output: Path, ticket: str, printed: str) -> None:
    done = run_helpdesk("explain", ticket, "--output", output, check=False)
    assert done.returncode == 2
    assert printed in done.stderr


def test_an_older_build_is_explained_from_its_own_file(output: Path, tmp_path: Path) -> None:
    kept = Path(shutil.copytree(output, tmp_path / "output", symlinks=True))
    now = explained(kept, "generic:7")
    build_id = now["build_id"]
    shutil.rmtree(kept / ".work")
    without = explained(kept, "generic:7", "--build", build_id)
    assert without["clocks"][0]["intervals"] == now["clocks"][0]["intervals"]
    assert "the working files are not there" in without["notes"][0]
    done = run_helpdesk("explain", "7", "--output", kept, "--build", "none", check=False)
    assert done.returncode == 2
    assert build_id in done.stderr


def test_a_clock_of_the_help_desk_has_no_calculated_parts(output: Path, tmp_path: Path) -> None:
    kept = Path(shutil.copytree(output, tmp_path / "output", symlinks=True))
    file = (kept / "helpdesk.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        connection.execute(
            """create or replace table marts.fct_sla_clocks as
            select * exclude (sla_target_key, basis) replace (null::bigint as goal_seconds,
                null::bigint as elapsed_seconds, null::varchar as policy_id),
                null::varchar as sla_target_key, 'reported' as basis
            from marts.fct_sla_clocks"""
        )
    late = clock(explained(kept, "generic:7"), "time_to_close")
    assert (late["elapsed_seconds"], late["intervals"], late["discrepancy"]) == (None, [], None)
    assert late["verdict"] == "missed: it ended 1 d 1 h after it was due"
    printed = run_helpdesk("explain", "generic:7", "--output", kept).stdout
    assert "basis       reported: the help desk keeps this clock" in printed
    assert "elapsed     unknown: the help desk does not report it" in printed


def test_a_subject_in_the_marts_is_shown_where_people_may_read_it(
    output: Path, tmp_path: Path
) -> None:
    kept = Path(shutil.copytree(output, tmp_path / "output", symlinks=True))
    file = (kept / "helpdesk.duckdb").resolve()
    file.chmod(0o644)
    with duckdb.connect(file) as connection:
        connection.execute(
            f"create or replace table marts.fct_tickets as "
            f"select *, '{SUBJECT}' as subject from marts.fct_tickets"
        )
    paths = OutputPaths(kept)
    assert explain(paths, "generic:7", with_people=True).properties["subject"] == SUBJECT
    assert "subject" not in explain(paths, "generic:7").properties
    assert SUBJECT not in run_helpdesk("explain", "generic:7", "--output", kept).stdout
