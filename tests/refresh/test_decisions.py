"""The reasons of a full build, the nodes of a refresh, and the change log of the loader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.settings import Settings
from helpdesk.load.changes import mark_started, mark_whole
from helpdesk.load.landing import load_landing, write_build
from helpdesk.transform import plan as planning
from helpdesk.transform.plan import VIEWS, Plan, build_state, dbt_selection, decide
from helpdesk.transform.project import dbt_project
from tests.small_desk import DESK, write_desk

from .own_fields import declared

AS_OF = datetime(2024, 2, 1, tzinfo=UTC)
DEFAULTS = Settings()
LATER = AS_OF + timedelta(hours=1)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return write_desk(tmp_path / "landing", DESK)


@pytest.fixture
def connection(landing: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse with complete models."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        load_landing(connection, landing)
        write_build(connection, "first", AS_OF, AS_OF)
        connection.execute(
            """create schema intermediate;
            create table intermediate.int_tickets_to_revisit as from landing.revisits"""
        )
        mark_whole(connection, build_state(connection, Settings()))
        yield connection


def decided(
    connection: duckdb.DuckDBPyConnection,
    as_of: datetime = LATER,
    settings: Settings = DEFAULTS,
    is_asked: bool = False,
) -> Plan:
    return decide(connection, as_of, settings, is_asked)


def changes(connection: duckdb.DuckDBPyConnection) -> set[tuple]:
    return set(connection.execute("from landing.changes").fetchall())


def test_nothing_changed(connection, landing: Path) -> None:
    load_landing(connection, landing)
    assert decided(connection) == Plan(AS_OF)
    assert decided(connection, AS_OF) == Plan(AS_OF)
    assert not changes(connection)


def test_a_first_build_is_full_and_so_is_one_after_a_failure(
    connection, landing: Path, tmp_path
) -> None:
    with duckdb.connect(tmp_path / "new.duckdb") as new:
        load_landing(new, landing)
        assert decided(new).reasons == ["first build"]
    assert decided(connection, is_asked=True).reasons == ["requested"]
    mark_started(connection)
    assert decided(connection).reasons == ["the last build did not finish"]


def test_an_earlier_as_of_and_another_year(connection) -> None:
    back = decided(connection, AS_OF - timedelta(seconds=1))
    assert back.previous_as_of is None
    assert "is before that of the last build" in back.reasons[0]
    (reason,) = decided(connection, datetime(2025, 1, 1, tzinfo=UTC)).reasons
    assert "year" in reason


def test_a_new_year_in_the_report_time_zone(connection) -> None:
    apia = Settings(report_timezone="Pacific/Apia")
    write_build(connection, "b", AS_OF, datetime(2024, 12, 31, 9, tzinfo=UTC))
    mark_whole(connection, build_state(connection, apia))
    (reason,) = decided(connection, datetime(2024, 12, 31, 12, tzinfo=UTC), apia).reasons
    assert "year" in reason


def test_another_setting(connection) -> None:
    berlin = Settings(report_timezone="Europe/Berlin")
    assert decided(connection, settings=berlin).reasons == ["settings changed"]


def test_a_rule_that_is_loaded_again_is_unchanged(connection, landing: Path) -> None:
    """The same statuses in a second file, and the first file rewritten."""
    (landing / "statuses").mkdir()
    text = (landing / "statuses.jsonl").read_text()
    (landing / "statuses" / "again.jsonl").write_text(text)
    (landing / "statuses.jsonl").write_text(text)
    load_landing(connection, landing)
    assert decided(connection) == Plan(AS_OF, changed_tables=["statuses"])


def test_a_changed_rule(connection, landing: Path) -> None:
    path = landing / "statuses.jsonl"
    path.write_text(path.read_text().replace('"open"', '"on_hold"'))
    load_landing(connection, landing)
    assert decided(connection).reasons == ["rules changed (statuses)"]


def test_an_older_version_of_a_rule_that_is_loaded_again(connection, landing: Path) -> None:
    """Both rows are known already, but the other one is now the newest."""
    folder = landing / "pipelines"
    folder.mkdir()
    old = (landing / "pipelines.jsonl").read_text()
    (folder / "new.jsonl").write_text(old.replace("Support", "Service"))
    load_landing(connection, landing)
    mark_whole(connection, build_state(connection, Settings()))
    (folder / "old.jsonl").write_text(old)
    load_landing(connection, landing)
    assert decided(connection).reasons == ["rules changed (pipelines)"]


def test_the_first_history_of_copied_tickets_gives_every_ticket_earlier_values(
    landing: Path, tmp_path: Path
) -> None:
    """Airbyte copies HubSpot's tickets without the history of their properties."""
    stream = landing / "hubspot" / "tickets"
    stream.mkdir(parents=True)
    ticket = {"id": "1", "properties": {"area": "a"}, "updatedAt": "2024-01-05T00:00:00Z"}
    (stream / "copied.jsonl").write_text(json.dumps(ticket) + "\n")
    (stream.parent / "pipelines.jsonl").write_text('{"id": "p", "stages": []}\n')
    with declared(tmp_path), duckdb.connect(tmp_path / "hubspot.duckdb") as connection:
        load_landing(connection, landing)
        write_build(connection, "first", AS_OF, AS_OF)
        state = build_state(connection, Settings())
        mark_whole(connection, state, "landing.revisits")
        fetched = {**ticket, "id": "2"}
        (stream / "fetched.jsonl").write_text(json.dumps(fetched) + "\n")
        load_landing(connection, landing)
        assert decided(connection) == Plan(AS_OF, changed_tables=["hubspot_tickets"])
        changes_of_area = [{"value": "a", "timestamp": "2024-01-04T00:00:00Z"}]
        fetched |= {"propertiesWithHistory": {"area": changes_of_area}}
        (stream / "fetched.jsonl").write_text(json.dumps(fetched) + "\n")
        load_landing(connection, landing)
        assert decided(connection).reasons == ["rules changed (ticket_field_history)"]


def test_a_table_that_is_loaded_for_the_first_time(connection, landing: Path) -> None:
    (landing / "contacts.csv").write_text("contact_id\nx\n")
    load_landing(connection, landing)
    assert decided(connection).reasons == ["tables added or removed (contacts)"]


def changed(monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    """Change these files of the dbt project."""
    known = planning._definitions()
    monkeypatch.setattr(planning, "_definitions", lambda: known | dict.fromkeys(paths, "changed"))


def test_a_changed_report_alone_is_built_again(connection, monkeypatch) -> None:
    """A report is a view over the facts. The catalogue and the exposures define no table."""
    changed(
        monkeypatch,
        "models/marts/reports/rpt_tickets_created.sql",
        "models/marts/custom/rpt_new.sql",
        "models/marts/_marts__exposures.yml",
        "models/semantic/tickets.yml",
    )
    plan = decided(connection)
    assert plan == Plan(AS_OF, changed_reports=["rpt_new", "rpt_tickets_created"])
    selection = dbt_selection(connection, plan)
    assert {"rpt_new", "rpt_tickets_created"} <= set(selection)
    assert VIEWS not in selection


def test_changed_properties_select_the_models_of_their_folder(connection, monkeypatch) -> None:
    """dbt would warn about a name that is not a model."""
    changed(monkeypatch, "models/marts/custom/_custom__models.yml")
    models = (dbt_project() / "models/marts/custom").glob("*.sql")
    assert decided(connection).changed_reports == sorted(path.stem for path in models)


@pytest.mark.parametrize(
    "path",
    [
        "macros/engine/epoch_seconds.sql",
        "models/marts/core/fct_tickets.sql",
        "models/marts/core/_core__models.yml",
        "models/staging/contract/stg_tickets.sql",
        "models/intermediate/tickets/int_tickets_resolved.sql",
        "models/marts/quality/quarantine.sql",
        "dbt_project.yml",
    ],
)
def test_a_changed_definition_below_the_reports_makes_a_build_full(
    connection, monkeypatch, path: str
) -> None:
    changed(monkeypatch, path)
    assert decided(connection).reasons == [f"definitions changed ({path})"]


def test_every_listed_path_exists_in_the_project() -> None:
    definitions = planning._definitions()
    for listed in (*planning.REPORTS, *planning.DESCRIPTIONS):
        assert any(path.startswith(listed) for path in definitions), listed


def test_another_version_of_the_engine(connection) -> None:
    plan = decide(connection, LATER, DEFAULTS, False, engine="0.0.1")
    assert plan.reasons == ["engine changed"]


def test_a_full_build_runs_everything_except_absent_vendors(connection) -> None:
    assert dbt_selection(connection, Plan(None)) == [
        *("--exclude", "path:models/staging/hubspot", "path:models/staging/zendesk")
    ]


def test_a_refresh_runs_nodes_that_read_as_of_or_a_changed_table(connection, landing: Path) -> None:
    (landing / "companies.jsonl").write_text('{"company_id": "d", "name": "D"}\n')
    load_landing(connection, landing)
    plan = decided(connection)
    assert plan == Plan(AS_OF, changed_tables=["companies"])
    absent = ("path:models/staging/hubspot", "path:models/staging/zendesk")
    assert dbt_selection(connection, plan) == [
        *("--select", "source:landing.builds+", "source:generic.companies+"),
        *("--exclude", *absent, VIEWS),
    ]


def test_added_deleted_and_changed_rows_are_logged(connection, landing: Path) -> None:
    folder = landing / "messages"
    folder.mkdir()
    message = "m{0},{1},2024-01-05T00:00:0{0}Z,incoming,customer\n"
    header = "message_id,ticket_id,sent_at,direction,author_type\n"
    first = folder / "first.csv"
    first.write_text(header + message.format(1, 1) + message.format(2, 2) + message.format(3, ""))
    load_landing(connection, landing)
    assert changes(connection) == {
        ("generic", "messages", "1", "m1"),
        ("generic", "messages", "2", "m2"),
        ("generic", "messages", "", "m3"),
    }
    assert connection.execute("from landing.reordered").fetchall() == []
    mark_whole(connection, build_state(connection, Settings()))
    assert not changes(connection)
    # The second message is deleted, the third gets its ticket, and the first is in another line.
    first.write_text(header + message.format(3, 5) + message.format(1, 1))
    load_landing(connection, landing)
    assert changes(connection) == {
        ("generic", "messages", "2", "m2"),
        ("generic", "messages", "", "m3"),
        ("generic", "messages", "5", "m3"),
    }
    assert connection.execute("from landing.reordered").fetchall() == [("generic", "messages")]
    mark_whole(connection, build_state(connection, Settings()))
    first.unlink()
    load_landing(connection, landing)
    assert changes(connection) == {
        ("generic", "messages", "1", "m1"),
        ("generic", "messages", "5", "m3"),
    }


def test_the_change_log_is_kept_until_everything_is_modelled(connection, landing: Path) -> None:
    """A build that fails at the gate leaves the log to the next one."""
    (landing / "contacts.csv").write_text("contact_id\nx\n")
    load_landing(connection, landing)
    load_landing(connection, landing)
    assert changes(connection) == {("generic", "contacts", None, "x")}


def test_nothing_is_logged_before_a_full_build(landing: Path, tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "new.duckdb") as connection:
        load_landing(connection, landing)
        assert not changes(connection)
