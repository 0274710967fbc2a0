"""Tables of other tools, for all vendors: reading, messages, rejected tables, and progress."""

import json
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import ConfigError, IngestError
from helpdesk.extract.copied import copied_vendors, copy_tables, load_layout
from helpdesk.extract.pipeline import _claim
from tests.conftest import run_helpdesk
from tests.vendors.built import landed_rows

LAYOUTS = [(vendor, tool) for vendor in copied_vendors() for tool in ("airbyte", "fivetran")]
FIRST, LATER = "2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z"


def lake(path: Path, vendor: str, tool: str, schema: str = "copies", only: int = 99) -> str:
    """The tables of a layout with the columns that a tool adds, and three rows each."""
    layout = load_layout(vendor, tool)
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"set timezone = 'UTC'; create schema {schema}")
        for table, columns in [*layout.tables.items()][:only]:
            listed = "".join(
                f', {"number::varchar" if "id" in name.lower() else "null::varchar"} as "{name}"'
                for name in columns
                if name not in ("*", "properties")
            )
            connection.execute(
                f"""create table {schema}."{table}" as
                select timestamptz '{FIRST}' as {layout.synced}, true as _{tool}_own,
                    number as property_n {listed}
                from range(1, 4) as numbers (number)"""
            )
    return f"duckdb:{path}"


def rows(landing: Path, vendor: str, stream: str) -> list[dict[str, str]]:
    return landed_rows(landing / vendor / stream)


def test_fetched_files_are_private(tmp_path: Path) -> None:
    vendor, tool = LAYOUTS[0]
    landing = tmp_path / "landing"
    (landing / vendor).mkdir(parents=True, mode=0o755)
    copy_tables(
        vendor, tool, lake(tmp_path / "lake.duckdb", vendor, tool), landing, lambda *_: None
    )
    assert (landing / vendor).stat().st_mode & 0o777 == 0o700
    # Also for the API, with the files that dlt keeps next to it.
    _claim(landing / "hubspot")
    for folder in ("hubspot", ".dlt"):
        assert (landing / folder).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(("vendor", "tool"), LAYOUTS)
def test_only_rows_that_were_synced_since_are_fetched(
    tmp_path: Path, vendor: str, tool: str
) -> None:
    origin, landing = lake(tmp_path / "lake.duckdb", vendor, tool), tmp_path / "landing"
    lines: list[str] = []

    def land() -> dict[str, int]:
        return copy_tables(vendor, tool, origin, landing, lambda _, line: lines.append(line)).rows

    def sync(statement: str) -> None:
        with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
            connection.execute(f"set timezone = 'UTC'; {statement}")

    layout = load_layout(vendor, tool)
    (table,) = {"ticket", "tickets"} & layout.tables.keys()
    assert land()["tickets"] == 3
    assert land() == {}
    later = f"{layout.synced} = '{LATER}'"
    sync(f"update copies.{table} set {later} where id = '2'")
    assert land()["tickets"] == 1
    assert rows(landing, vendor, "tickets")[-1]["id"] == "2"
    # A tool may write rows with the same sync time before and after a run.
    sync(f"update copies.{table} set {later} where id = '3'")
    assert land()["tickets"] == 1
    assert rows(landing, vendor, "tickets")[-1]["id"] == "3"
    assert land() == {}
    assert not [line for line in lines if "no table" in line]
    assert not [name for name in rows(landing, vendor, "tickets")[0] if name.startswith("_")]


def test_a_new_column_of_a_vendor_is_fetched(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte")
    with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
        connection.execute('alter table copies.tickets add column "Mood" json default \'["a"]\'')
    copy_tables("zendesk", "airbyte", origin, tmp_path / "landing", lambda *_: None)
    first = rows(tmp_path / "landing", "zendesk", "tickets")[0]
    assert first == {"id": "1", "property_n": "1", "Mood": '["a"]'}


@pytest.mark.parametrize(("vendor", "tool"), LAYOUTS)
def test_missing_tables_are_reported(tmp_path: Path, vendor: str, tool: str) -> None:
    layout = load_layout(vendor, tool)
    wanted = len(layout.needed) + (tool == "fivetran" and vendor == "hubspot") * 4
    origin = lake(tmp_path / "lake.duckdb", vendor, tool, only=wanted)
    lines: list[str] = []
    landed = copy_tables(
        vendor, tool, origin, tmp_path / "landing", lambda _, line: lines.append(line)
    )
    assert landed.rows["tickets"] == 3
    named = [line for line in lines if "has no table" in line]
    tables = [line.partition("has no table ")[2].partition(f" of {tool}")[0] for line in named]
    assert sorted(", ".join(tables).split(", ")) == sorted([*layout.tables][wanted:])
    assert any(layout.never in line for line in lines)


def test_rows_are_fetched_again_after_an_interrupted_run(tmp_path: Path) -> None:
    origin, landing = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte"), tmp_path / "landing"
    # This file blocks the folder of the last stream.
    (landing / "zendesk").mkdir(parents=True)
    (landing / "zendesk" / "users").touch()
    with pytest.raises(FileExistsError):
        copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None)
    assert rows(landing, "zendesk", "tickets")
    (landing / "zendesk" / "users").unlink()
    again = copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None)
    assert {again.rows["tickets"], again.rows["users"]} == {3}


def test_wrong_arguments_are_named_with_suggestions(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "hubspot", "airbyte")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "ticket.parquet").write_text("no Parquet")
    for vendor, tool, place, kind, message in (
        ("zendesk", "fivetrain", origin, ConfigError, "are airbyte, fivetran; did you mean f"),
        ("hubspot", "fivetran", origin, IngestError, "no table ticket, ticket_pipeline"),
        ("hubspot", "airbyte", "mysql:x", ConfigError, "--from 'mysql:x': write duckdb:PATH"),
        ("hubspot", "airbyte", "parket:x", ConfigError, "did you mean parquet"),
        ("hubspot", "airbyte", "duckdb:", ConfigError, "--from 'duckdb:': write duckdb:PATH"),
        ("hubspot", "airbyte", "duckdb:/no.duckdb", ConfigError, "this file does not exist"),
        ("hubspot", "airbyte", "parquet:/nowhere", ConfigError, "this folder does not exist"),
        ("hubspot", "airbyte", "postgres:UNSET_PLACE", ConfigError, "UNSET_PLACE is not set"),
        ("zendesk", "fivetran", f"parquet:{damaged}", IngestError, "cannot be read"),
        ("zendesk", "fivetran", f"duckdb:{damaged}/ticket.parquet", IngestError, "cannot be read"),
        (
            "hubspot",
            "airbyte",
            f"{origin}#copis",
            ConfigError,
            "with such tables: copies; did you mean copies",
        ),
    ):
        with pytest.raises(kind, match=message):
            copy_tables(vendor, tool, place, tmp_path / "landing", lambda *_: None)
    assert not (tmp_path / "landing").exists()


def test_a_table_without_a_sync_time_is_rejected(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte")
    with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
        connection.execute("alter table copies.users drop column _airbyte_extracted_at")
    with pytest.raises(IngestError, match="table users has no column _airbyte_extracted_at"):
        copy_tables("zendesk", "airbyte", origin, tmp_path / "landing", lambda *_: None)


def test_the_named_schema_or_the_one_with_the_most_tables_is_read(tmp_path: Path) -> None:
    path, landing = tmp_path / "lake.duckdb", tmp_path / "landing"
    origin = lake(path, "zendesk", "airbyte", schema="support")
    # Next to the tables of another vendor, some of which have the same names.
    lake(path, "hubspot", "airbyte", schema="crm")
    assert copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None).rows["users"] == 3
    assert copy_tables("hubspot", "airbyte", origin, landing, lambda *_: None).rows["owners"] == 3
    lake(path, "zendesk", "airbyte", schema="older")
    with pytest.raises(ConfigError, match="in older and in support; choose a schema"):
        copy_tables("zendesk", "airbyte", origin, tmp_path / "other", lambda *_: None)
    named = copy_tables(
        "zendesk", "airbyte", f"{origin}#older", tmp_path / "other", lambda *_: None
    )
    assert named.rows["tickets"] == 3


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:keep-private@127.0.0.1:1/none",
        # The driver would quote these, because it misreads them.
        "postgresql://reader:never/keep-private@127.0.0.1:1/none",
        "reader:keep-private@127.0.0.1",
    ],
)
def test_a_missing_database_is_reported_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("COPIES", address)
    with pytest.raises(IngestError, match="the database in COPIES cannot be read") as failure:
        copy_tables("hubspot", "fivetran", "postgres:COPIES", tmp_path, lambda *_: None)
    assert "keep-private" not in str(failure.value)
    assert failure.value.__suppress_context__


def test_the_command_fetches_one_vendor_s_tables(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte")
    run = ["ingest", "--landing", tmp_path / "landing", "--from", origin, "--layout", "airbyte"]
    assert "3 tickets" in run_helpdesk(*run, "zendesk").stdout
    for vendors, message in (
        (["zendesk", "hubspot"], "--from needs exactly one vendor, hubspot or zendesk"),
        (["zendesc"], "did you mean zendesk"),
    ):
        failed = run_helpdesk(*run, *vendors, check=False)
        assert failed.returncode == 2
        assert message in " ".join((failed.stdout + failed.stderr).split())


class Lake:
    """Tables of another tool that it syncs to, and the rows that are fetched from them."""

    def __init__(self, folder: Path, vendor: str, tool: str) -> None:
        self.vendor, self.tool, self.path = vendor, tool, folder / "lake.duckdb"
        self.landing = folder / "landing"

    def sync(self, statements: str) -> "Lake":
        with duckdb.connect(str(self.path)) as connection:
            connection.execute(f"set timezone = 'UTC'; {statements}")
        return self

    def land(self) -> dict[str, int]:
        origin = f"duckdb:{self.path}"
        return copy_tables(self.vendor, self.tool, origin, self.landing, lambda *_: None).rows

    def last(self, stream: str) -> dict[str, str]:
        return rows(self.landing, self.vendor, stream)[-1]


def at(hour: int) -> str:
    return f"timestamptz '2026-07-01T{hour:02}:00:00Z'"


def test_a_deleted_comment_is_fetched_as_deleted_until_it_is_restored(tmp_path: Path) -> None:
    desk = Lake(tmp_path, "zendesk", "fivetran").sync(
        f"""create table ticket as select 1 as id, 'open' as status, {at(1)} as _fivetran_synced;
        create table ticket_comment as
        select 10 + n as id, 1 as ticket_id, {at(0)} as created, 5 as user_id, true as public,
            false as _fivetran_deleted, {at(1)} as _fivetran_synced
        from range(2) as numbers (n)"""
    )

    def comments() -> list[str]:
        return [event["id"] for event in json.loads(desk.last("ticket_audits")["events"])]

    assert desk.land() == {"account": 1, "tickets": 1, "ticket_audits": 1}
    assert comments() == ["10", "11"]
    change = "update ticket_comment set _fivetran_deleted = {}, _fivetran_synced = {} where id = 11"
    desk.sync(change.format("true", at(2)))
    assert desk.land() == {"deleted_events": 1}
    assert desk.last("deleted_events")["event"] == "Comment 11"
    assert desk.last("deleted_events")["_gone_at"]
    desk.sync(change.format("false", at(3)))
    assert desk.land() == {"ticket_audits": 1, "deleted_events": 1}
    assert comments() == ["10", "11"]
    assert "_gone_at" not in desk.last("deleted_events")
    assert desk.land() == {}


@pytest.mark.parametrize(
    ("deleted", "there"),
    [
        ("_fivetran_deleted = true", "_fivetran_deleted = false"),
        ("_fivetran_active = false", "_fivetran_active = true"),
        ("is_deleted = true", "is_deleted = false"),
    ],
)
def test_parts_of_an_owner_are_deleted_and_restored(
    tmp_path: Path, deleted: str, there: str
) -> None:
    """A membership and a team are parts of an owner, which has its own mark."""
    column, _, value = there.partition(" = ")
    portal = Lake(tmp_path, "hubspot", "fivetran")
    for table, columns in {
        "ticket": "1 as id",
        "ticket_pipeline": "'p' as pipeline_id",
        "ticket_pipeline_stage": "'s' as stage_id, 'p' as pipeline_id",
        "owner": "11 as owner_id",
        "owner_team": "11 as owner_id, 21 as team_id",
        "team": "21 as id, 'Blue' as name",
    }.items():
        portal.sync(
            f"""create table {table} as
            select {columns}, {value} as {column}, {at(1)} as _fivetran_synced"""
        )
    portal.land()

    def content() -> tuple[list[str], str]:
        owner = portal.last("owners")
        return [team.get("name") for team in json.loads(owner["teams"])], owner["archived"]

    assert content() == (["Blue"], "false")
    hour = 1
    for table, without in {"owner_team": ([], "false"), "team": ([None], "false")}.items():
        for state, expected in ((deleted, without), (there, (["Blue"], "false"))):
            hour += 1
            portal.sync(f"update {table} set {state}, _fivetran_synced = {at(hour)}")
            assert portal.land()["owners"] == 1
            assert content() == expected
    portal.sync(f"update owner set {deleted}, _fivetran_synced = {at(20)}")
    assert portal.land() == {"owners": 1}
    assert content() == (["Blue"], "true")
    portal.sync(f"update ticket_pipeline_stage set {deleted}, _fivetran_synced = {at(21)}")
    portal.sync(f"update ticket set {deleted}, _fivetran_synced = {at(21)}")
    landed = portal.land()
    assert landed["tickets"] == 1
    assert portal.last("tickets")["archived"] == "true"


@pytest.mark.parametrize("is_parquet", [False, True])
def test_the_last_of_two_copies_is_fetched(tmp_path: Path, is_parquet: bool) -> None:
    """An append sync keeps every copy. Two with the same time are in the order of the files."""
    desk = Lake(tmp_path, "zendesk", "airbyte")
    desk.sync(
        f"""create table tickets as
        select * from (values
            ('1', 'new', {at(2)}), ('1', 'old', {at(1)}), ('2', 'first', {at(1)}),
            ('2', 'second', {at(1)}), ('3', 'only', {at(1)})
        ) as copies (id, subject, _airbyte_extracted_at)"""
    )
    landing = tmp_path / "landing"
    origin = f"duckdb:{desk.path}"
    if is_parquet:
        (tmp_path / "TICKETS").mkdir()
        desk.sync(f"copy tickets to '{tmp_path}/TICKETS/1.PARQUET' (format parquet)")
        origin = f"parquet:{tmp_path}"
    landed = copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None)
    assert landed.rows == {"account": 1, "tickets": 3}
    subjects = {row["id"]: row["subject"] for row in rows(landing, "zendesk", "tickets")}
    assert subjects == {"1": "new", "2": "second", "3": "only"}


def test_a_row_that_a_database_log_marks_as_deleted_is_deleted(tmp_path: Path) -> None:
    desk = Lake(tmp_path, "zendesk", "airbyte").sync(
        f"""create table tickets as select '1' as id, 'open' as status,
            null::varchar as _ab_cdc_deleted_at, {at(1)} as _airbyte_extracted_at;
        create table "groups" as select '7' as id, 'Blue' as name,
            null::varchar as _ab_cdc_deleted_at, {at(1)} as _airbyte_extracted_at"""
    )
    desk.land()
    assert desk.last("tickets") == {"id": "1", "status": "open"}
    for table in ("tickets", '"groups"'):
        desk.sync(
            f"""insert into {table} select * replace ('2026-07-01T02:00:00Z' as
            _ab_cdc_deleted_at, {at(2)} as _airbyte_extracted_at) from {table}"""
        )
    assert desk.land() == {"tickets": 1, "groups": 1}
    assert desk.last("tickets")["status"] == "deleted"
    assert desk.last("groups")["_gone_at"] == "2026-07-01T02:00:00Z"


@pytest.mark.parametrize(("vendor", "tool"), LAYOUTS)
def test_streams_of_several_tables_declare_the_keys_of_rows(vendor: str, tool: str) -> None:
    layout = load_layout(vendor, tool)
    assert [
        stream.name
        for stream in layout.streams
        if len(stream.tables) > 1 and not stream.is_declared
    ] == []


def test_views_and_names_in_capitals_are_read(tmp_path: Path) -> None:
    desk = Lake(tmp_path, "zendesk", "fivetran").sync(
        f"""create schema raw_data; create schema "Desk";
        create table raw_data.everything as select 1 as "ID", 'open' as "STATUS",
            true as "_FIVETRAN_DELETED", {at(1)} as "_FIVETRAN_SYNCED";
        create view "Desk"."TICKET" as select * from raw_data.everything"""
    )
    for place in ("", "#desk"):
        landing = tmp_path / f"landing{place}"
        origin = f"duckdb:{desk.path}{place}"
        copy_tables("zendesk", "fivetran", origin, landing, lambda *_: None)
        (ticket,) = rows(landing, "zendesk", "tickets")
        assert (ticket["id"], ticket["status"]) == ("1", "deleted")
