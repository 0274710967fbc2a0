"""The report of a build on its data, why it stops, and `helpdesk quarantine`, as processes."""

import csv
import io
import json
import logging
import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from helpdesk.core.progress import Progress
from tests.conftest import published, run_helpdesk
from tests.orchestration.test_build_failures import state_of
from tests.small_desk import write_desk

AS_OF = "2025-08-01T00:00:00Z"
# A name and a value that rich would interpret, and that would move the cursor.
ODD_FILE, ODD_VALUE = "[red]:smile:.csv", "[bold]:boom:\x1b[31m"
HEADER = "message_id,ticket_id,sent_at,direction,author_type,is_public\n"
STATUSES = [{"status_id": "new", "state": "open"}, {"status_id": "done", "state": "closed"}]


def ticket(number: int, **more: object) -> dict[str, object]:
    at = f"2025-06-{number:02}T10:00:00Z"
    return {"ticket_id": str(number), "created_at": at, "status_id": "new", **more}


def message(number: int, direction: str = "incoming", sent_at: str = "2025-06-20T10:00:00Z") -> str:
    return f"m{number},1,{sent_at},{direction},customer,true\n"


def build(folder: Path, *more: object, as_of: str = AS_OF) -> tuple[int, list[str], str]:
    """Exit code, the lines of the console without their times, and standard error."""
    where = ("--landing", folder / "landing", "--output", folder / "output")
    done = run_helpdesk("build", *where, "--as-of", as_of, *more, check=False)
    lines = [re.sub(r"^ *\d+\.\d s ", "", line) for line in done.stdout.splitlines()]
    return done.returncode, lines, done.stderr


def of_data(lines: list[str]) -> list[str]:
    """The lines between those of the gate on the raw layer and those of dbt."""
    starts = [
        place for place, line in enumerate(lines) if " passed" in line or "expectations" in line
    ]
    return lines[starts[0] + 1 : starts[1]] if len(starts) > 1 else lines[starts[0] + 1 :]


@pytest.fixture(scope="module")
def first_build(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A desk with one case of everything that a build reports, and the lines of its first build."""
    folder = tmp_path_factory.mktemp("first_build")
    landing = write_desk(
        folder / "landing",
        {
            "tickets": [
                *(ticket(number) for number in range(1, 11)),
                ticket(11, created_at="2025-06-11T10:00:00", subject="a secret"),
                ticket(12, created_at="2025-08-02T10:00:00Z"),
                ticket(1, updated_at="2025-06-12T10:00:00Z"),
            ],
            "statuses": STATUSES,
            "contacts": [{"contact_id": "1", "email": "ann@example.org"}] * 2,
        },
    )
    messages = landing / "messages"
    messages.mkdir()
    sound = "".join(message(number) for number in range(8))
    (messages / ODD_FILE).write_text(
        HEADER
        + sound
        + message(8, ODD_VALUE)
        + message(9, ODD_VALUE)
        + message(10, sent_at="?")
        + "x\n"
    )
    code, lines, errors = build(folder)
    assert code == 0, errors
    return folder, lines


@pytest.mark.slow
def test_each_table_that_has_something_to_report_has_one_line(
    first_build: tuple[Path, list[str]],
) -> None:
    folder, lines = first_build
    place = f"messages/{ODD_FILE}, row 9"
    assert of_data(lines) == [
        "contacts: 2 rows read, 1 exact duplicates",
        # The value may be personal, and is not shown.
        "note: messages: 12 rows read, 4 rejected (2 for direction: not one of incoming, outgoing, such as "
        f"in {place})",
        "note: tickets: 13 rows read, 1 rejected (1 for created_at: a time without an offset (if it is local time, name its "
        "zone in the settings: source_timezone: Europe/Oslo), such as "
        '"2025-06-11T10:00:00" in tickets.jsonl, row 11), 1 deferred, dated after as_of, 1 replaced by newer ones',
        f"details: `helpdesk quarantine --output {folder / 'output'}`, the page Data quality, "
        "the mart data_quality",
    ]


@pytest.mark.slow
def test_a_warning_is_reported_once_and_rejected_rows_each_time(
    first_build: tuple[Path, list[str]], tmp_path: Path
) -> None:
    folder = shutil.copytree(first_build[0], tmp_path / "desk", symlinks=True)
    (folder / "landing" / "messages" / "2.csv").write_text(
        HEADER + message(11) + message(12).replace(",1,", ",2,").replace("customer", "agent")
    )
    with open(folder / "landing" / "tickets.jsonl", "a") as file:
        file.write(json.dumps(ticket(13, agent_id="nobody")) + "\n")
    for expected in (["note: new warning orphan_reference: tickets.agent_id: 1 of 1. Row"], []):
        code, lines, errors = build(folder)
        assert code == 0, errors
        data = of_data(lines)
        assert [line[:65] for line in data if " warning " in line] == expected
        assert any(line.startswith("note: messages: 14 rows read, 4 rejected") for line in data)
    # The refresh reads rows with bad values in four columns, none bad in most rows.
    bad = [message(21, "in"), message(22, "in"), message(23, sent_at="?"), message(24, sent_at="?"),
           message(25).replace("customer", "?"), message(26).replace("customer", "?"),
           message(27).replace(",1,", ",99,"), message(28).replace(",1,", ",99,")] * 2  # fmt: skip
    numbered = [line.replace("m2", f"m{number}2") for number, line in enumerate(bad)]
    (folder / "landing" / "messages" / "3.csv").write_text(HEADER + "".join(numbered))
    before = state_of(folder / "output")
    code, lines, errors = build(folder)
    assert any("running dbt on what changed since" in line for line in lines)
    assert (code, "messages: 20 of 30 rows unusable:" in errors) == (4, True), errors
    assert state_of(folder / "output") == before


@pytest.mark.slow
def test_rejected_rows_are_shown_with_place_value_reason_and_remedy(
    first_build: tuple[Path, list[str]],
) -> None:
    output = first_build[0] / "output"
    [build_id] = [path.name for path in (output / "builds").iterdir()]
    shown = run_helpdesk("quarantine", "--output", output).stdout
    assert shown.splitlines()[0] == f"5 rejected rows in build {build_id}, published"
    assert "a secret" not in shown
    direction = f"""messages: 4 rows
  2  direction: not one of incoming, outgoing
     Write one of these values; helpdesk contract lists what each column takes.
       messages/{ODD_FILE}, row 9 (key m8)
       messages/{ODD_FILE}, row 10 (key m9)
"""
    assert direction in shown
    assert f"messages/{ODD_FILE}, line 13\n" in shown
    alone = run_helpdesk("quarantine", "messages", "--output", output, "--limit", 1).stdout
    assert "tickets" not in alone
    assert "and 1 more" in alone
    rows = list(
        csv.DictReader(
            io.StringIO(run_helpdesk("quarantine", "tickets", "--csv", "--output", output).stdout)
        )
    )
    assert [(row["file"], row["row"], row["key"], row["value"]) for row in rows] == [
        ("tickets.jsonl", "11", "11", "2025-06-11T10:00:00")
    ]
    wrong = run_helpdesk("quarantine", "ticket", "--output", output, check=False)
    assert (wrong.returncode, "did you mean tickets?" in wrong.stderr) == (2, True)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], str]:
    """A first build whose gate fails: messages bad in several columns, none of them in most rows, and
    a bad row in each of some tables that figures depend on, of two sources."""
    folder = tmp_path_factory.mktemp("stopped")
    window = {
        "schedule_id": "s",
        "weekday": 1,
        "start_minute": 540,
        "end_minute": 1020,
        "timezone": "UTC",
    }
    landing = write_desk(
        folder / "landing",
        {
            "tickets": [ticket(number) for number in range(1, 4)],
            "statuses": [*STATUSES, {"status_id": "done", "state": "open"}],
            "business_hours": [window, window | {"weekday": 2, "end_minute": 5000}],
            "sla_policies": [
                {"policy_id": "vip", "rank": 1, "conditions": {"customer_tier": "gold"}},
                {"policy_id": "all", "rank": 2},
            ],
        },
    )
    bad = [message(1, "in"), message(2, "in"), message(3, sent_at="2025-06-20 10:00:00"),
           message(4).replace(",1,", ",99,"), "x\n"]  # fmt: skip
    (landing / "messages.csv").write_text(HEADER + message(5) + message(6) + "".join(bad))
    stages = [
        {"id": "1", "label": "New", "metadata": {"ticketState": "OPEN"}},
        {"id": "2", "label": "Parked", "metadata": {"ticketState": "ASLEEP"}},
    ]
    write_desk(
        landing / "hubspot",
        {
            "tickets": [
                {
                    "id": "1",
                    "properties": {"createdate": "2025-06-01T10:00:00Z", "hs_pipeline_stage": "1"},
                }
            ],
            "pipelines": [{"id": "0", "label": "Support", "stages": stages}],
            "business_hours": [window, window | {"weekday": 3, "timezone": "Mars"}],
        },
    )
    code, lines, errors = build(folder)
    assert code == 4, errors
    return folder, lines, errors


@pytest.mark.slow
def test_the_gate_names_what_is_unusable_and_what_to_do(
    stopped: tuple[Path, list[str], str],
) -> None:
    folder, lines, errors = stopped
    assert not (folder / "output" / "helpdesk.duckdb").exists()
    too_many = ", and this table accepts none"
    for expected in (
        "messages: 5 of 7 rows unusable:\n"
        "    2 direction: not one of incoming, outgoing, first in messages.csv, row 3. ",
        "    1 line: expected number of columns: 6 found: 1, first in messages.csv, line 8. ",
        "    1 ticket_id: no such row in its table, first in messages.csv, row 6. ",
        f"statuses: 1 of 3 rows unusable{too_many}:\n"
        "    1 duplicate key: another row of this key in its file differs, first in statuses.jsonl, row 3 (key done|)",
        f"business_hours: 1 of 2 rows unusable{too_many}:\n"
        "    1 end_minute: not start_minute to 2880, first in business_hours.jsonl, row 2 (key s||2|540). ",
        f"hubspot business_hours: 1 of 2 rows unusable{too_many}:\n    1 timezone: no IANA time zone",
        f"hubspot statuses: 1 of 2 rows unusable{too_many}:\n"
        "    1 state: not one of open, pending, on_hold, closed, first in hubspot/pipelines.jsonl, row 1000002 (key 2|0). ",
        f"sla_policies: 1 of 2 rows unusable{too_many}:\n"
        "    1 conditions: customer_tier is none of pipeline, priority, team, channel, source, agent, "
        "channel_account, company, category, and no declared field: write fields: [{field: customer_tier}] in the "
        "settings, first in sla_policies.jsonl, row 1 (key vip|). ",
    ):
        assert expected in errors
    assert any(line.startswith("note: messages: 7 rows read, 5 rejected") for line in lines)


@pytest.mark.slow
def test_rejected_rows_are_shown_of_a_build_that_stopped(
    stopped: tuple[Path, list[str], str],
) -> None:
    output = stopped[0] / "output"
    shown = run_helpdesk("quarantine", "sla_policies", "--output", output).stdout
    assert shown.startswith("1 rejected row of sla_policies in build ")
    assert "which stopped before it was published" in shown
    assert "customer_tier is none of pipeline, priority, team, channel, source" in shown
    assert "sla_policies.jsonl, row 1 (key vip|)" in shown


@pytest.mark.slow
def test_rejected_rows_are_shown_of_a_first_build_that_stopped_before_its_models(
    tmp_path: Path,
) -> None:
    landing = write_desk(tmp_path / "landing", {"tickets": [ticket(1)], "statuses": STATUSES})
    (landing / "messages.csv").write_text(HEADER + message(1, sent_at="20.6.2025") + "x\n")
    code, _, errors = build(tmp_path)
    assert (
        code,
        f"`helpdesk quarantine --output {tmp_path / 'output'}` shows the rows" in errors,
    ) == (4, True)
    shown = run_helpdesk("quarantine", "--output", tmp_path / "output").stdout
    assert "which stopped before it was published, before dbt ran" in shown
    assert 'messages.csv, row 1 (key m1): "20.6.2025"' in shown
    assert "messages.csv, line 3" in shown
    assert sorted(path.name for path in (tmp_path / "output" / ".work").iterdir()) == [
        "lock",
        "work.duckdb",
    ]


@pytest.mark.long
@pytest.mark.slow
def test_a_build_that_lost_its_tickets_is_not_published_unless_asked_for(
    first_build: tuple[Path, list[str]], tmp_path: Path
) -> None:
    """A mistake in as_of, then a truncated export; then the latter on purpose."""
    folder = shutil.copytree(first_build[0], tmp_path / "desk", symlinks=True)
    output = folder / "output"
    before = state_of(output)
    code, _, errors = build(folder, as_of="2020-01-01T00:00:00Z")
    assert (code, state_of(output)) == (2, before)
    assert (
        "as_of 2020-01-01 is before everything that landed (first: 2025-06-01); all 11 tickets are deferred"
        in errors
    )
    assert "--allow-shrinking" in errors
    write_desk(folder / "landing", {"tickets": [ticket(number) for number in range(1, 5)]})
    code, _, errors = build(folder)
    assert (code, state_of(output)) == (4, before)
    assert "this build has 4 tickets, the published one 10: less than the share of 0.5" in errors
    code, _, errors = build(folder, "--allow-shrinking")
    assert code == 0, errors
    with published(output) as connection:
        assert connection.execute("select count(*) from marts.fct_tickets").fetchone() == (4,)


@pytest.mark.slow
def test_missing_figures_are_reported_with_the_reason(tmp_path: Path) -> None:
    """Policies that the contract cannot express, left out on purpose, another that no ticket meets, and an
    export that is empty. A build with two of five tickets is published where the settings allow it."""
    policy = {"policy_id": "vip", "rank": 1, "conditions": {"customer_tier": "gold"}}
    landing = write_desk(
        tmp_path / "landing",
        {
            "tickets": [ticket(number, priority="high") for number in range(1, 6)],
            "statuses": STATUSES,
            "sla_policies": [policy],
            "sla_targets": [{"policy_id": "vip", "metric": "time_to_close", "goal_seconds": 60}],
            "calls": [],
        },
    )
    (landing / "messages.csv").write_text(HEADER + message(1))
    (landing / "calls.jsonl").unlink()
    (landing / "calls.csv").write_text("call_id,started_at,direction,outcome\n")
    config = tmp_path / "helpdesk.yml"
    config.write_text("leave_out_unusable_policies: true\nleast_share_of_tickets: 0.3\n")
    code, lines, errors = build(tmp_path, "--config", config)
    assert code == 0, errors
    data = of_data(lines)
    assert data[0] == "note: calls: 0 rows read, no row is modelled: its files hold no row"
    assert data[1].startswith(
        "note: sla_policies: 1 rows read, 1 rejected (1 for conditions: customer_tier is none of"
    )
    assert data[1].endswith(", no SLA figures: all rows were rejected (1)")
    unmatched = {"policy_id": "all", "rank": 2, "conditions": {"priority": "urgent"}}
    target = {"policy_id": "all", "metric": "time_to_close", "goal_seconds": 60}
    kept = [ticket(number, priority="high") for number in range(1, 3)]
    rules = {"sla_policies": [policy, unmatched], "sla_targets": [target]}
    write_desk(landing, {"tickets": kept, **rules})
    code, lines, errors = build(tmp_path, "--config", config)
    assert code == 0, errors
    with published(tmp_path / "output") as connection:
        assert connection.execute("select count(*) from marts.fct_tickets").fetchone() == (2,)
    assert (
        "note: new warning policy_without_clock: sla_policies: 1 of 1. SLA policies of which no clock has started"
        in "".join(of_data(lines))
    )


def test_the_console_reads_no_markup_and_no_emoji_codes() -> None:
    text = f"messages/{ODD_FILE}: {ODD_VALUE} \\[/] [link=x]y"
    file = io.StringIO()
    with Progress(
        Console(file=file, highlight=False, markup=False, emoji=False, width=200)
    ) as progress:
        for level in (logging.DEBUG, logging.INFO, logging.WARNING):
            progress.report(level, text)
    seen = text.replace("\x1b", "\\x1b")
    info, warning = file.getvalue().splitlines()
    assert info.endswith(f" s {seen}")
    assert warning.endswith(f" s note: {seen}")
