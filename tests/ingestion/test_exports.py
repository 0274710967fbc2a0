"""The mapping that `helpdesk init --from` writes for exports of help desks, up to the pages."""

import os
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from tests.conftest import published, run_helpdesk

EXPORTS = Path(__file__).parent / "exports"
AS_OF = "2026-04-01T00:00:00Z"


def begun(folder: Path, exports: Path, *options: object) -> list[str]:
    """Create a project with its first mapping; returns the printed lines."""
    done = run_helpdesk("init", "--from", exports, folder, *options)
    return done.stdout.splitlines()


def mapped(folder: Path, exports: Path) -> list[str]:
    return run_helpdesk("map", folder, "--from", exports).stdout.splitlines()


def landed(folder: Path, table: str, columns: str = "*") -> list[tuple]:
    path = folder / "landing" / f"{table}.parquet"
    return duckdb.sql(f"select {columns} from read_parquet('{path}') order by all").fetchall()


STATES = {
    "jira": {
        "Canceled": "closed",
        "Resolved": "closed",
        "Waiting for customer": "pending",
        "Waiting for support": "open",
    },
    "freshdesk": {
        "Closed": "closed",
        "Open": "open",
        "Resolved": "closed",
        "Waiting on Customer": "pending",
        "Waiting on Third Party": "on_hold",
    },
    "zendesk": {"Closed": "closed", "New": "open", "On-hold": "on_hold", "Solved": "closed"},
    "osticket": {"Closed": "closed", "Open": "open", "Resolved": "closed"},
    "zammad": {
        "closed": "closed",
        "merged": "closed",
        "new": "open",
        "pending reminder": "pending",
    },
}
# By ticket: creation, close reported by the help desk, first response, owner.
TICKETS = {
    "jira": [
        ("IT-41", "2026-03-02T09:05:00Z", "2026-03-03T16:00:00Z", "2026-03-02T10:05:00Z", "bob"),
        ("IT-42", "2026-03-02T14:30:00Z", None, "2026-03-02T15:30:00Z", "bob"),
        ("IT-43", "2026-03-13T00:10:00Z", None, None, None),
        ("IT-44", "2026-03-14T08:00:00Z", "2026-03-14T09:00:00Z", "2026-03-14T08:30:00Z", "ana"),
    ],
    "freshdesk": [
        ("101", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z", "2026-03-02T10:00:00Z", "Ana Gil"),
        ("102", "2026-03-02T11:00:00Z", "2026-03-02T15:00:00Z", "2026-03-02T11:20:00Z", "Ana Gil"),
        ("103", "2026-03-13T09:00:00Z", None, "2026-03-13T12:00:00Z", "Ben Ito"),
        ("104", "2026-03-14T09:00:00Z", None, None, None),
        ("105", "2026-03-15T09:00:00Z", None, "2026-03-15T09:30:00Z", "Ben Ito"),
    ],
    "zendesk": [
        ("501", "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z", "2026-03-02T09:30:00Z", "Ana Gil"),
        ("502", "2026-03-02T10:00:00Z", "2026-03-02T18:00:00Z", "2026-03-02T11:30:00Z", "Ben Ito"),
        ("503", "2026-03-13T16:40:00Z", None, None, None),
        ("504", "2026-03-14T08:00:00Z", None, "2026-03-14T08:15:00Z", "Ana Gil"),
    ],
    "osticket": [
        ("100231", "2026-03-02T09:00:00Z", "2026-03-03T09:00:00Z", None, "Ana Gil"),
        ("100232", "2026-03-02T10:30:00Z", None, None, "Ben Ito"),
        ("100233", "2026-03-13T23:59:00Z", "2026-03-14T08:00:00Z", None, "Ana Gil"),
    ],
    "zammad": [
        (
            "96001",
            "2026-03-02T08:00:00Z",
            "2026-03-03T08:00:00Z",
            "2026-03-02T08:45:00Z",
            "Ana Gil",
        ),
        ("96002", "2026-03-02T09:00:00Z", None, "2026-03-02T10:00:00Z", "Ben Ito"),
        ("96003", "2026-03-13T09:00:00Z", None, None, None),
        ("96004", "2026-03-13T09:10:00Z", "2026-03-13T09:20:00Z", None, None),
    ],
}


@dataclass(frozen=True)
class Project:
    """A project of an export: the commands that `init` printed, and the lines of the first of them."""

    folder: Path
    commands: list[str]
    mapped: list[str]


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Project]:
    """A project of each export, mapped by the printed command."""
    found = {}
    for vendor in TICKETS:
        folder = tmp_path_factory.mktemp("projects") / vendor
        printed = begun(folder, EXPORTS / vendor)
        commands = [line for line in printed if line.startswith("helpdesk ")]
        done = run_helpdesk(*shlex.split(commands[0])[1:])
        found[vendor] = Project(folder, commands, done.stdout.splitlines())
    return found


@pytest.fixture(scope="module")
def warehouse(projects: dict[str, Project]) -> Path:
    """All exports in one warehouse, by the printed command of the first project: no two exports have
    an id of a ticket or a message in common."""
    first, *others = projects.values()
    for other in others:
        for file in (other.folder / "landing").iterdir():
            table = first.folder / "landing" / file.stem
            table.mkdir(exist_ok=True)
            shutil.copy(file, table / f"{other.folder.name}.parquet")
    # The tests of the dashboards build the pages, which need Node.
    words = [word for word in shlex.split(first.commands[1])[1:] if word != "--dashboards"]
    run_helpdesk(*words, "--as-of", AS_OF)
    return first.folder / "warehouse"


@pytest.mark.parametrize("vendor", TICKETS)
def test_an_export_is_mapped_by_its_headings(vendor: str, projects: dict[str, Project]) -> None:
    project = projects[vendor]
    assert not [line for line in project.mapped if "TODO" in line]
    responded = (
        "null" if vendor == "osticket" else "replace(reported_first_response_at, '.000000', '')"
    )
    times = [f"replace({column}, '.000000', '')" for column in ("created_at", "reported_closed_at")]
    columns = f"ticket_id, {', '.join(times)}, {responded}, agent_id"
    assert landed(project.folder, "tickets", columns) == TICKETS[vendor]
    assert dict(landed(project.folder, "statuses", "status_id, state")) == STATES[vendor]


@pytest.mark.parametrize("vendor", TICKETS)
def test_the_printed_commands_are_those_of_the_project(
    vendor: str, projects: dict[str, Project]
) -> None:
    project, other = projects[vendor], projects["jira"]
    assert [shlex.split(line)[1] for line in project.commands] == ["map", "build", "serve"]
    # The same command builds every export, in the folder of its project.
    assert project.commands[1:] == [
        line.replace(str(other.folder), str(project.folder)) for line in other.commands[1:]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("vendor", TICKETS)
def test_the_commands_that_are_printed_build(
    vendor: str, projects: dict[str, Project], warehouse: Path
) -> None:
    """Tickets, closes and first responses have the numbers and times of the export."""
    expected = TICKETS[vendor]
    states = STATES[vendor]
    statuses = dict(landed(projects[vendor].folder, "tickets", "ticket_id, status_id"))
    with published(warehouse) as marts:
        rows = marts.execute(
            """select ticket_id, status_state, strftime(first_response_at, '%Y-%m-%dT%H:%M:%SZ')
            from marts.fct_tickets where not is_excluded order by ticket_id"""
        ).fetchall()
    assert len(rows) == sum(map(len, TICKETS.values()))
    rows = [row for row in rows if row[0] in statuses]
    assert [(ticket, response) for ticket, _, response in rows] == [
        (ticket, response) for ticket, _, _, response, _ in expected
    ]
    assert {ticket: state for ticket, state, _ in rows} == {
        ticket: states[status] for ticket, status in statuses.items()
    }


def test_files_of_an_unknown_help_desk(tmp_path: Path) -> None:
    """Agents by their key in the tickets, comments as messages, contract tables unchanged."""
    said = begun(tmp_path, EXPORTS / "generic")
    assert said[:4] == [
        "Support_Cases.json feeds tickets",
        "comments.csv feeds messages",
        "holidays.csv feeds holidays",
        "staff.tsv feeds agents",
    ]
    assert "TODO statuses: the state of 'erledigt?' is unknown; open is a guess" in said
    mapped(tmp_path, EXPORTS / "generic")
    assert landed(tmp_path, "tickets", "ticket_id, agent_id, team_id, reported_closed_at") == [
        ("C-1", "ana@desk.example", "Web", "2026-03-02T12:00:00Z"),
        ("C-2", "ben@desk.example", "Web", None),
    ]
    assert landed(tmp_path, "agents", "agent_id, name") == [
        ("ana@desk.example", "Ana Gil"),
        ("ben@desk.example", "Ben Ito"),
    ]
    messages = "message_id, ticket_id, sent_at, direction, author_type, author_id, is_public"
    assert landed(tmp_path, "messages", messages) == [
        ("1", "C-1", "2026-03-02T09:00:00Z", "incoming", "customer", None, True),
        ("2", "C-1", "2026-03-02T09:20:00Z", "outgoing", "agent", "ana", False),
        ("3", "C-1", "2026-03-02T09:30:00Z", "outgoing", "agent", "ana", True),
        ("4", "C-2", "2026-03-13T10:00:00Z", "incoming", "customer", None, True),
    ]
    assert landed(tmp_path, "holidays") == [("office", "2026-04-03", "Good Friday")]


def test_the_comments_of_jira_are_messages(tmp_path: Path) -> None:
    begun(tmp_path, EXPORTS / "jira")
    mapped(tmp_path, EXPORTS / "jira")
    columns = "ticket_id, sent_at, direction, author_type, author_id"
    assert landed(tmp_path, "messages", columns)[:5] == [
        ("IT-41", "2026-03-02T09:05:00Z", "incoming", "customer", None),
        ("IT-41", "2026-03-02T10:05:00Z", "outgoing", "agent", "bob"),
        ("IT-41", "2026-03-02T11:00:00Z", "incoming", "customer", None),
        ("IT-42", "2026-03-02T14:30:00Z", "incoming", "customer", None),
        ("IT-42", "2026-03-02T14:45:00Z", "incoming", "customer", None),
    ]


def test_a_zone_is_one_line(tmp_path: Path) -> None:
    """Times without an offset are in the zone of the mapping, across a clock change."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "tickets.csv").write_text(
        "Number,Opened,State,Closed\n1,27/03/2026 09:00,Closed,30/03/2026 09:00\n"
    )
    said = begun(tmp_path, exports)
    assert "TODO zone: times have no offset; UTC is a guess" in said
    path = tmp_path / "mapping" / "to_landing.sql"
    lines = [line for line in path.read_text().splitlines() if line.startswith("set variable zone")]
    assert len(lines) == 1
    path.write_text(path.read_text().replace(lines[0], "set variable zone = 'Europe/Berlin';"))
    mapped(tmp_path, exports)
    assert landed(tmp_path, "tickets", "created_at, reported_closed_at") == [
        ("2026-03-27T08:00:00Z", "2026-03-30T07:00:00Z")
    ]


def test_unknown_columns_are_a_todo_and_the_mapping_runs(tmp_path: Path) -> None:
    """Ambiguous dates, no status, no ids, a time in another format."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "tickets.csv").write_text(
        "Subject,Created,Resolved\na,03/04/2026 10:00,03/05/2026 10:00\nb,03/04/2026 11:00,\n"
        "c,yesterday,\n"
    )
    said = begun(tmp_path, exports)
    for words in (
        "TODO Created: %m/%d/%Y %H:%M or %d/%m/%Y %H:%M? every value fits both",
        "TODO Created: 1 of 3 times are not written as %m/%d/%Y %H:%M",
        "TODO tickets: no column of statuses; a ticket with a close time is closed",
        "TODO tickets: no column of ids; the row number is used instead",
        "TODO messages: no export has them, so there are no response times",
    ):
        assert words in said
    mapped(tmp_path, exports)
    assert landed(tmp_path, "tickets", "ticket_id, created_at, status_id") == [
        ("1", "2026-03-04T10:00:00Z", "Closed"),
        ("2", "2026-03-04T11:00:00Z", "Open"),
        ("3", "yesterday", "Open"),
    ]
    # No close is inferred, and an open ticket has had its status since creation.
    assert landed(tmp_path, "ticket_field_history", "ticket_id, value") == [
        ("2", "Open"),
        ("3", "Open"),
    ]


def test_a_creation_without_a_heading_is_found_by_its_values(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "support_tickets.csv").write_text(
        "Ticket ID,Customer Email,Day,Ticket Subject,Ticket Status,First Response Time,Time to Resolution\n"
        "1,ann@x.example,2023-06-01,Setup,Pending Customer Response,2023-06-01 12:15:36,\n"
        "2,bob@x.example,2023-06-01,Refund,Closed,2023-06-01 11:14:38,2023-06-01 18:05:38\n"
    )
    said = begun(tmp_path, exports)
    assert "TODO tickets: no heading names the creation time; is it Day?" in said
    mapped(tmp_path, exports)
    columns = "ticket_id, created_at, reported_first_response_at, reported_closed_at"
    assert landed(tmp_path, "tickets", columns) == [
        ("1", "2023-06-01T00:00:00Z", "2023-06-01T12:15:36Z", None),
        ("2", "2023-06-01T00:00:00Z", "2023-06-01T11:14:38Z", "2023-06-01T18:05:38Z"),
    ]
    # A mail address is personal, so it is not used as an id.
    ids = [contact for (contact,) in landed(tmp_path, "tickets", "contact_id")]
    assert all("@" not in contact for contact in ids)
    assert sorted(ids) == [contact for (contact,) in landed(tmp_path, "contacts", "contact_id")]


def test_an_export_without_a_known_heading_is_mapped_by_its_values(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "fall.csv").write_text(
        "Team X,Vorgang,Eingang\nA,V-1,03.11.2025 09:12\nA,V-2,03.11.2025 10:00\n"
    )
    said = "\n".join(begun(tmp_path, exports))
    for words in (
        "TODO tickets: no heading of fall.csv is known as id or creation time",
        "rename headings, such as Ticket ID and Created at",
        "TODO tickets: no heading names the creation time; is it Eingang?",
        "TODO tickets: no heading names the id; is it Vorgang?",
    ):
        assert words in said
    assert "is null then 'Open'" not in (tmp_path / "mapping" / "to_landing.sql").read_text()
    mapped(tmp_path, exports)
    assert landed(tmp_path, "tickets", "ticket_id, created_at, status_id") == [
        ("V-1", "2025-11-03T09:12:00Z", "Open"),
        ("V-2", "2025-11-03T10:00:00Z", "Open"),
    ]


def test_headings_of_other_words_are_known(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "cases.csv").write_text(
        "Case No,Opened On,Current State,Handled By,Urgency,Customer Firm,First Answer,Settled On\n"
        "7,2025-11-03 09:12:00,Settled,Mia,high,Acme,2025-11-03 10:00:00,2025-11-04 10:00:00\n"
    )
    begun(tmp_path, exports)
    mapped(tmp_path, exports)
    columns = "ticket_id, created_at, status_id, agent_id, priority, company_id, reported_closed_at"
    assert landed(tmp_path, "tickets", columns) == [
        ("7", "2025-11-03T09:12:00Z", "Settled", "Mia", "high", "Acme", "2025-11-04T10:00:00Z")
    ]
    assert len(landed(tmp_path, "messages", "message_id")) == 2


def test_later_exports_run_through_the_same_mapping(tmp_path: Path) -> None:
    """More comments, other columns, a new status: only the status is reported."""
    exports = tmp_path / "exports"
    shutil.copytree(EXPORTS / "jira", exports)
    begun(tmp_path, exports)
    path = exports / "jira.csv"
    text = path.read_text()
    lines = text.splitlines()
    lines[0] = lines[0].removesuffix(",Comment,Comment")
    path.write_text(
        lines[0] + '\n'
        + "Later,IT-45,10045,Incident,Parked,IT,IT,Low,,bob,mia,mia,20/Mar/26 9:00 AM,,,,,,,,,,,,20/Mar/26 9:30 AM;bob;On it\n"
    )  # fmt: skip
    assert "TODO statuses: 'Parked', of 1 tickets, has no state; add it to the mapping" in mapped(
        tmp_path, exports
    )
    assert landed(tmp_path, "messages", "ticket_id, sent_at, direction") == [
        ("IT-45", "2026-03-20T09:00:00Z", "incoming"),
        ("IT-45", "2026-03-20T09:30:00Z", "outgoing"),
    ]


def test_a_failed_mapping_reports_the_reason(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    failed = run_helpdesk("init", "--from", exports, tmp_path / "a", check=False)
    assert failed.returncode == 3
    assert "contains no CSV, TSV, JSON, XLSX or Parquet file" in failed.stderr
    # The first line may be a customer's record, so it is not quoted.
    (exports / "export.csv").write_text("17,Ann Secret,ann@secret.example\n")
    failed = run_helpdesk("init", "--from", exports, tmp_path / "a", check=False)
    assert failed.returncode == 3
    assert "no export looks like tickets" in failed.stderr
    assert "export.csv (3 columns)" in failed.stderr
    assert "secret" not in (failed.stderr + failed.stdout).lower()
    failed = run_helpdesk("map", tmp_path / "a", "--from", exports, check=False)
    assert failed.returncode == 2
    assert "writes a first one" in failed.stderr
    shutil.copy(EXPORTS / "zammad" / "tickets.csv", exports)
    begun(tmp_path / "a", exports)
    failed = run_helpdesk("init", "--from", exports, tmp_path / "a", check=False)
    assert failed.returncode == 2
    assert "exists already; `helpdesk map" in failed.stderr
    path = tmp_path / "a" / "mapping" / "to_landing.sql"
    path.write_text(path.read_text().replace('"Title"', '"Heading"'))
    failed = run_helpdesk("map", tmp_path / "a", "--from", exports, check=False)
    assert failed.returncode == 3
    assert "Heading" in failed.stderr
    assert "to_landing.sql" in failed.stderr


def test_reading_settings_become_those_of_the_project(tmp_path: Path) -> None:
    """An export in another encoding is read with `--config`, which is copied to the project."""
    exports = tmp_path / "exports"
    exports.mkdir()
    text = (EXPORTS / "osticket" / "tickets-20260401.csv").read_text()
    (exports / "tickets.csv").write_bytes(text.encode("cp1252"))
    assert any("1 lines cannot be read" in line for line in begun(tmp_path / "a", exports))
    config = tmp_path / "settings.yml"
    config.write_text("file_encoding: cp1252\n")
    begun(tmp_path / "b", exports, "--config", config)
    mapped(tmp_path / "b", exports)
    assert ("Größe der Lizenz",) in landed(tmp_path / "b", "tickets", "subject")


def test_the_named_project_need_not_exist(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(os.environ, "HELPDESK_PROJECT", str(tmp_path / "desk"))
    begun(tmp_path / "desk", EXPORTS / "zammad")
    assert (tmp_path / "desk" / "reports").is_dir()
