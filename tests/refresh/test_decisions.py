"""What makes a build model every ticket again, and what it takes down of the landing folder before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from helpdesk.settings import Settings
from ingestion.changes import mark_started, mark_whole
from ingestion.landing import load_landing, write_build
from orchestration.refresh import Refresh, build_state, decide
from tests.small_desk import DESK, write_desk

AS_OF = datetime(2024, 2, 1, tzinfo=UTC)
DEFAULTS = Settings()
LATER = AS_OF + timedelta(hours=1)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return write_desk(tmp_path / "landing", DESK)


@pytest.fixture
def connection(landing: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A warehouse whose models are whole."""
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        load_landing(connection, landing)
        write_build(connection, "first", AS_OF, AS_OF)
        mark_whole(connection, build_state(connection, Settings()))
        yield connection


def decided(
    connection: duckdb.DuckDBPyConnection,
    as_of: datetime = LATER,
    settings: Settings = DEFAULTS,
    is_asked: bool = False,
) -> Refresh:
    return decide(connection, as_of, settings, is_asked)


def changes(connection: duckdb.DuckDBPyConnection) -> set[tuple]:
    return set(connection.execute("from landing.changes").fetchall())


def test_nothing_changed(connection, landing: Path) -> None:
    load_landing(connection, landing)
    assert decided(connection) == Refresh(AS_OF)
    assert decided(connection, AS_OF) == Refresh(AS_OF)
    assert not changes(connection)


def test_everything_is_modelled_where_nothing_stands(connection, landing: Path, tmp_path) -> None:
    with duckdb.connect(tmp_path / "new.duckdb") as new:
        load_landing(new, landing)
        assert decided(new).reasons == ["the first build here"]
    assert decided(connection, is_asked=True).reasons == ["asked for"]
    mark_started(connection)
    assert decided(connection).reasons == ["the last one did not finish"]


def test_the_clock_goes_back_or_into_another_year(connection) -> None:
    back = decided(connection, AS_OF - timedelta(seconds=1))
    assert back.previous_as_of is None
    assert "goes back" in back.reasons[0]
    (reason,) = decided(connection, datetime(2025, 1, 1, tzinfo=UTC)).reasons
    assert "year" in reason


def test_the_year_of_the_report_time_zone_counts_too(connection) -> None:
    apia = Settings(report_timezone="Pacific/Apia")
    write_build(connection, "b", AS_OF, datetime(2024, 12, 31, 9, tzinfo=UTC))
    mark_whole(connection, build_state(connection, apia))
    (reason,) = decided(connection, datetime(2024, 12, 31, 12, tzinfo=UTC), apia).reasons
    assert "year" in reason


def test_another_setting(connection) -> None:
    berlin = Settings(report_timezone="Europe/Berlin")
    assert decided(connection, settings=berlin).reasons == ["settings changed"]


def test_a_rule_that_lands_again_is_no_change(connection, landing: Path) -> None:
    """The same statuses in a second file, and the first file written anew."""
    (landing / "statuses").mkdir()
    text = (landing / "statuses.jsonl").read_text()
    (landing / "statuses" / "again.jsonl").write_text(text)
    (landing / "statuses.jsonl").write_text(text)
    load_landing(connection, landing)
    assert decided(connection) == Refresh(AS_OF)


def test_a_rule_that_says_something_else(connection, landing: Path) -> None:
    path = landing / "statuses.jsonl"
    path.write_text(path.read_text().replace('"open"', '"on_hold"'))
    load_landing(connection, landing)
    assert decided(connection).reasons == ["a rule changed (statuses)"]


def test_an_older_version_of_a_rule_that_stands_again(connection, landing: Path) -> None:
    """Both rows are known already; which one is the later is what changed."""
    folder = landing / "pipelines"
    folder.mkdir()
    old = (landing / "pipelines.jsonl").read_text()
    (folder / "new.jsonl").write_text(old.replace("Support", "Service"))
    load_landing(connection, landing)
    mark_whole(connection, build_state(connection, Settings()))
    (folder / "old.jsonl").write_text(old)
    load_landing(connection, landing)
    assert decided(connection).reasons == ["a rule changed (pipelines)"]


def test_a_table_that_lands_for_the_first_time(connection, landing: Path) -> None:
    (landing / "contacts.csv").write_text("contact_id\nx\n")
    load_landing(connection, landing)
    assert decided(connection).reasons == ["a table came or went (contacts)"]


def test_definitions(connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report is read off facts that stand; anything below may change them."""
    import orchestration.refresh as refresh

    known = refresh._definitions()
    report = {"models/marts/reports/rpt_tickets_created.sql": "x"}
    monkeypatch.setattr(refresh, "_definitions", lambda: known | report)
    assert decided(connection) == Refresh(AS_OF, rebuilt=["rpt_tickets_created"])
    monkeypatch.setattr(refresh, "_definitions", lambda: known | report | {"macros/x.sql": "x"})
    assert decided(connection).reasons == ["a definition changed (macros/x.sql)"]


def test_a_saved_report_is_modelled_by_itself(connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new one, with the exposure of its page; a measure that the catalogue gained shapes nothing."""
    import orchestration.refresh as refresh

    known = refresh._definitions()
    written = {
        "models/marts/custom/rpt_mine.sql": "x",
        "models/marts/custom/rpt_mine.yml": "x",
        "models/marts/_marts__exposures.yml": "x",
        "models/semantic/tickets.yml": "x",
    }
    assert {"models/marts/_marts__exposures.yml", "models/semantic/tickets.yml"} <= set(known)
    monkeypatch.setattr(refresh, "_definitions", lambda: known | written)
    assert decided(connection) == Refresh(AS_OF, rebuilt=["rpt_mine"])


def test_rows_that_came_went_or_changed_are_noted(connection, landing: Path) -> None:
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
    # The second message goes, the third finds its ticket; the first stands in another line.
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


def test_notes_last_until_all_is_modelled(connection, landing: Path) -> None:
    """A build that stops at the gate leaves them to the next."""
    (landing / "contacts.csv").write_text("contact_id\nx\n")
    load_landing(connection, landing)
    load_landing(connection, landing)
    assert changes(connection) == {("generic", "contacts", None, "x")}


def test_nothing_is_noted_where_everything_will_be_modelled(landing: Path, tmp_path: Path) -> None:
    with duckdb.connect(tmp_path / "new.duckdb") as connection:
        load_landing(connection, landing)
        assert not changes(connection)
