"""Tables that another tool has synced become the same rows as those of the API."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.extract.copied import copy_tables
from tests.conftest import run_helpdesk
from tests.vendors.hubspot import copies
from tests.vendors.hubspot.fetching import fetching, landed, simulated_account
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.shapes import Row
from tests.vendors.postgres import postgres_with

AT = datetime(2026, 7, 1, tzinfo=UTC)
SYNCED = {"fivetran": "_fivetran_synced", "airbyte": "_airbyte_extracted_at"}
# Streams that a layout lacks: Airbyte has no conversations and no list of teams.
STREAMS = {
    "fivetran": [
        *("tickets", "threads", "messages", "owners", "teams", "pipelines", "channels"),
        *("channel_accounts", "companies", "contacts", "calls", "feedback_submissions"),
    ],
    "airbyte": [
        *("tickets", "owners", "pipelines", "companies", "contacts", "calls"),
        "feedback_submissions",
    ],
}


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    return simulated_account(tmp_path_factory.mktemp("simulated") / "desk").portal


@pytest.fixture(scope="module")
def fetched(portal: Portal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    landing = tmp_path_factory.mktemp("fetched")
    with fetching(simulated_account(_files(tmp_path_factory))) as fetcher:
        fetcher.fetch(landing)
    return landing


def _files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next(tmp_path_factory.getbasetemp().glob("simulated*/desk"))


def copied(portal: Portal, tool: str, folder: Path, at: datetime = AT) -> Path:
    database = folder / f"{tool}.duckdb"
    copies.write(getattr(copies, tool)(portal), SYNCED[tool], at, database)
    return database


def land(tool: str, database: Path, landing: Path) -> dict[str, int]:
    return copy_tables("hubspot", tool, f"duckdb:{database}", landing, lambda *_: None).rows


def read(row: Row, name: str) -> Any:
    value = row.get(name)
    return json.loads(value) if isinstance(value, str) and value[:1] in "[{" else value


@pytest.mark.parametrize("tool", [*SYNCED])
def test_the_copied_objects_equal_those_of_the_api(
    portal: Portal, fetched: Path, tmp_path: Path, tool: str
) -> None:
    land(tool, copied(portal, tool, tmp_path), tmp_path / "landing")
    for stream in STREAMS[tool]:
        there = {row["id"]: row for row in landed(tmp_path / "landing", stream)}
        api = {row["id"]: row for row in landed(fetched, stream)}
        assert there.keys() == api.keys(), stream
        for key, row in api.items():
            assert content(stream, there[key]) == content(stream, row), (stream, key)


def content(stream: str, row: Row) -> Row:
    """The values of an object that staging reads, with times as instants."""
    kept: dict[str, Any] = {"archived": str(row.get("archived") or "false").lower()}
    if "properties" in row:
        kept["properties"] = {k: v for k, v in read(row, "properties").items() if v is not None}
    if stream == "tickets" and kept["archived"] == "false":
        ends = read(row, "associations") or {}
        for end in ("companies", "contacts"):
            kept[end] = sorted({str(one["toObjectId"]) for one in ends.get(end) or []})
    if stream == "messages":
        kept |= {n: row.get(n) for n in ("type", "ticketId", "direction", "createdBy", "channelId")}
        kept["senders"] = [one["actorId"] for one in read(row, "senders") or []]
        kept["status"] = (read(row, "status") or {}).get("statusType")
        kept["client"] = (read(row, "client") or {}).get("clientType")
        kept["at"] = datetime.fromisoformat(row["createdAt"])
    if stream == "threads":
        kept |= {n: row.get(n) for n in ("ticketId", "spam", "originalChannelId")}
    if stream == "pipelines":
        kept["stages"] = sorted(
            (one["id"], one["label"], one["metadata"]["ticketState"]) for one in read(row, "stages")
        )
    if stream == "owners":
        kept |= {n: row.get(n) for n in ("email", "firstName", "lastName")}
        kept["user"] = str(row["userIdIncludingInactive"])
        kept["teams"] = sorted(
            (one["id"], str(one["primary"]).lower()) for one in read(row, "teams")
        )
    return kept


def test_fivetran_has_the_history(portal: Portal, fetched: Path, tmp_path: Path) -> None:
    land("fivetran", copied(portal, "fivetran", tmp_path), tmp_path / "landing")

    def changes(landing: Path) -> set[tuple]:
        return {
            (row["id"], name, datetime.fromisoformat(change["timestamp"]), change["value"] or None)
            for row in landed(landing, "tickets")
            for name, listed in (read(row, "propertiesWithHistory") or {}).items()
            for change in listed
        }

    assert changes(tmp_path / "landing") == changes(fetched) != set()


def test_a_changed_link_fetches_its_ticket_again(portal: Portal, tmp_path: Path) -> None:
    landing, database = tmp_path / "landing", copied(portal, "fivetran", tmp_path)
    land("fivetran", database, landing)
    with duckdb.connect(str(database)) as connection:
        (ticket,) = connection.execute(
            "select min(ticket_id) from hubspot.ticket_company"
        ).fetchone() or (None,)
        connection.execute(
            "update hubspot.ticket_company set company_id = 1, _fivetran_synced = ? "
            "where ticket_id = ?",
            [AT + timedelta(hours=1), ticket],
        )
    assert land("fivetran", database, landing) == {"tickets": 1}
    assert read(landed(landing, "tickets")[-1], "associations")["companies"][0]["toObjectId"] == "1"


def test_parquet_files_are_read_too(portal: Portal, tmp_path: Path) -> None:
    database = copied(portal, "fivetran", tmp_path)
    folder = tmp_path / "parquet"
    with duckdb.connect(str(database)) as connection:
        for (table,) in connection.execute("select table_name from duckdb_tables()").fetchall():
            (folder / table).mkdir(parents=True)
            into = folder / table / "part-1.parquet"
            connection.table(f"hubspot.{table}").write_parquet(str(into))
    done = run_helpdesk(
        *("ingest", "hubspot", "--landing", tmp_path / "by_parquet"),
        *("--from", f"parquet:{folder}", "--layout", "fivetran"),
    )
    assert "fetched" in done.stdout
    land("fivetran", database, tmp_path / "by_duckdb")
    for stream in STREAMS["fivetran"]:
        left, right = (landed(tmp_path / name, stream) for name in ("by_parquet", "by_duckdb"))
        assert left == right != [], stream


def test_a_database_gives_the_rows_of_a_file(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = copied(portal, "fivetran", tmp_path)
    with (
        duckdb.connect(str(database), read_only=True) as tables,
        postgres_with(tables, "hubspot") as address,
    ):
        monkeypatch.setenv("COPIES_OF_HUBSPOT", address)
        copy_tables(
            "hubspot", "fivetran", "postgres:COPIES_OF_HUBSPOT", tmp_path / "base", lambda *_: None
        )
    land("fivetran", database, tmp_path / "file")
    for stream in STREAMS["fivetran"]:
        left, right = (landed(tmp_path / name, stream) for name in ("file", "base"))
        assert left == right != [], stream


@pytest.mark.parametrize(
    ("table", "key", "stream"),
    [
        ("engagement_call", "engagement_id", "calls"),
        ("company", "id", "companies"),
        ("contact", "id", "contacts"),
        ("team", "id", "teams"),
        ("owner", "owner_id", "owners"),
        ("ticket", "id", "tickets"),
        ("feedback_submission", "id", "feedback_submissions"),
    ],
)
def test_rows_that_fivetran_marks_as_deleted_are_deleted_and_restored(
    portal: Portal, tmp_path: Path, table: str, key: str, stream: str
) -> None:
    landing, database = tmp_path / "landing", copied(portal, "fivetran", tmp_path)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            f"alter table hubspot.{table} add column if not exists _fivetran_deleted boolean"
        )
        connection.execute(f"update hubspot.{table} set _fivetran_deleted = false")
        found = connection.execute(f"select min({key}) from hubspot.{table}").fetchone()
    assert found
    land("fivetran", database, landing)
    for number, is_deleted in enumerate((True, False), start=1):
        with duckdb.connect(str(database)) as connection:
            connection.execute(
                f"update hubspot.{table} set _fivetran_deleted = ?, _fivetran_synced = ? where {key} = ?",
                [is_deleted, AT + timedelta(hours=number), found[0]],
            )
        land("fivetran", database, landing)
        last = [row for row in landed(landing, stream) if row["id"] == str(found[0])][-1]
        assert last["archived"] == str(is_deleted).lower()


def test_a_deleted_link_is_removed_and_a_deleted_stage_keeps_its_name(
    portal: Portal, tmp_path: Path
) -> None:
    landing, database = tmp_path / "landing", copied(portal, "fivetran", tmp_path)
    deleted = {
        "owner_team": "owner_id = (select min(owner_id) from hubspot.owner_team)",
        "ticket_company": "ticket_id = (select min(ticket_id) from hubspot.ticket_company)",
        "ticket_engagement": "engagement_id = (select min(engagement_id) from hubspot.ticket_engagement)",
        "ticket_pipeline_stage": "stage_id = (select min(stage_id) from hubspot.ticket_pipeline_stage)",
    }
    with duckdb.connect(str(database)) as connection:
        for table in deleted:
            connection.execute(f"alter table hubspot.{table} add column _fivetran_deleted boolean")
    land("fivetran", database, landing)
    with duckdb.connect(str(database)) as connection:
        for table, condition in deleted.items():
            connection.execute(
                f"update hubspot.{table} set _fivetran_deleted = true, _fivetran_synced = ?"
                f" where {condition}",
                [AT + timedelta(hours=1)],
            )
    stages = {one["id"] for row in landed(landing, "pipelines") for one in read(row, "stages")}
    assert land("fivetran", database, landing).keys() == {"owners", "tickets", "calls", "pipelines"}
    assert read(landed(landing, "owners")[-1], "teams") == []
    assert not read(landed(landing, "tickets")[-1], "associations")["companies"]
    assert not read(landed(landing, "calls")[-1], "associations")["tickets"]
    newest = {row["id"]: read(row, "stages") for row in landed(landing, "pipelines")}
    assert {one["id"] for listed in newest.values() for one in listed} == stages


def test_the_portal_is_known_from_fivetran_s_tickets_once(portal: Portal, tmp_path: Path) -> None:
    landing, database = tmp_path / "landing", copied(portal, "fivetran", tmp_path)
    land("fivetran", database, landing)
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "update hubspot.ticket set _fivetran_synced = ?", [AT + timedelta(hours=1)]
        )
    land("fivetran", database, landing)
    assert [row["portalId"] for row in landed(landing, "account")] == ["4242"]


def test_the_last_copy_of_an_append_sync_counts(portal: Portal, tmp_path: Path) -> None:
    landing, database = tmp_path / "landing", copied(portal, "airbyte", tmp_path)
    with duckdb.connect(str(database)) as connection:
        later = f"timestamptz '{(AT + timedelta(hours=1)).isoformat()}'"
        connection.execute(
            f"""insert into hubspot.tickets
            select * replace ('["99"]' as companies, {later} as _airbyte_extracted_at)
            from hubspot.tickets where id = (select min(id) from hubspot.tickets)"""
        )
        # An owner who has left is in both lists of owners.
        connection.execute(
            f"""insert into hubspot.owners_archived
            select * replace ({later} as _airbyte_extracted_at)
            from hubspot.owners where id = (select min(id) from hubspot.owners)"""
        )
    land("airbyte", database, landing)
    first = min(landed(landing, "tickets"), key=lambda row: row["id"])
    assert [row["id"] for row in landed(landing, "tickets")].count(first["id"]) == 1
    assert read(first, "associations")["companies"] == [{"toObjectId": "99"}]
    owners = [
        row
        for row in landed(landing, "owners")
        if row["id"] == min(o["id"] for o in portal.owners(False))
    ]
    assert [row["archived"] for row in owners] == ["true"]


def test_ids_that_airbyte_stores_as_floats_are_integers(portal: Portal, tmp_path: Path) -> None:
    landing, database = tmp_path / "landing", copied(portal, "airbyte", tmp_path)
    with duckdb.connect(str(database)) as connection:
        connection.execute("alter table hubspot.tickets alter id type double")
    land("airbyte", database, landing)
    ids = {row["id"] for row in landed(landing, "tickets")}
    assert ids == {one["id"] for one in portal.objects("tickets")}
