"""What holds of another tool's tables whichever the vendor: what is read, told, refused, and when."""

import gzip
import json
from pathlib import Path

import duckdb
import pytest

from helpdesk.errors import ConfigError, IngestError
from ingestion.vendors.copied import copied_vendors, copy_tables, load_layout
from tests.conftest import run_helpdesk

LAYOUTS = [(vendor, tool) for vendor in copied_vendors() for tool in ("airbyte", "fivetran")]
FIRST, LATER = "2026-07-01T00:00:00Z", "2026-07-01T01:00:00Z"


def lake(path: Path, vendor: str, tool: str, schema: str = "copies", only: int = 99) -> str:
    """The tables of a layout with what a tool adds, and of each row three."""
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
    files = sorted((landing / vendor / stream).glob("*.jsonl.gz"))
    return [json.loads(line) for file in files for line in gzip.open(file, "rt")]


@pytest.mark.parametrize(("vendor", "tool"), LAYOUTS)
def test_only_what_was_synced_since_lands(tmp_path: Path, vendor: str, tool: str) -> None:
    origin, landing = lake(tmp_path / "lake.duckdb", vendor, tool), tmp_path / "landing"
    told: list[str] = []

    def land() -> dict[str, int]:
        return copy_tables(vendor, tool, origin, landing, lambda _, line: told.append(line)).rows

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
    # Of one instant a tool may write a part before a run, and a part after it.
    sync(f"update copies.{table} set {later} where id = '3'")
    assert land()["tickets"] == 1
    assert rows(landing, vendor, "tickets")[-1]["id"] == "3"
    assert land() == {}
    assert not [line for line in told if "no table" in line]
    assert not [name for name in rows(landing, vendor, "tickets")[0] if name.startswith("_")]


def test_a_column_that_a_vendor_adds_comes_along(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte")
    with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
        connection.execute('alter table copies.tickets add column "Mood" json default \'["a"]\'')
    copy_tables("zendesk", "airbyte", origin, tmp_path / "landing", lambda *_: None)
    first = rows(tmp_path / "landing", "zendesk", "tickets")[0]
    assert first == {"id": "1", "property_n": "1", "Mood": '["a"]'}


@pytest.mark.parametrize(("vendor", "tool"), LAYOUTS)
def test_a_table_that_is_not_there_is_told(tmp_path: Path, vendor: str, tool: str) -> None:
    layout = load_layout(vendor, tool)
    wanted = len(layout.needed) + (tool == "fivetran" and vendor == "hubspot") * 4
    origin = lake(tmp_path / "lake.duckdb", vendor, tool, only=wanted)
    told: list[str] = []
    landed = copy_tables(
        vendor, tool, origin, tmp_path / "landing", lambda _, line: told.append(line)
    )
    assert landed.rows["tickets"] == 3
    missing = [*layout.tables][wanted:]
    assert f"has no table {', '.join(missing)} of {tool}'s" in told[0]


def test_rows_land_again_after_a_run_that_broke_off(tmp_path: Path) -> None:
    origin, landing = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte"), tmp_path / "landing"
    # A file in the way of the last stream.
    (landing / "zendesk").mkdir(parents=True)
    (landing / "zendesk" / "users").touch()
    with pytest.raises(FileExistsError):
        copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None)
    assert rows(landing, "zendesk", "tickets")
    (landing / "zendesk" / "users").unlink()
    again = copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None)
    assert {again.rows["tickets"], again.rows["users"]} == {3}


def test_what_is_wrong_is_named_with_what_is_near(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "hubspot", "airbyte")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "ticket.parquet").write_text("no Parquet")
    for vendor, tool, place, kind, message in (
        ("zendesk", "fivetrain", origin, ConfigError, "layouts airbyte, fivetran; did you mean f"),
        ("hubspot", "fivetran", origin, IngestError, "no table ticket, ticket_pipeline"),
        ("hubspot", "airbyte", "mysql:x", ConfigError, "--from 'mysql:x': write duckdb:PATH"),
        ("hubspot", "airbyte", "parket:x", ConfigError, "did you mean parquet"),
        ("hubspot", "airbyte", "duckdb:", ConfigError, "--from 'duckdb:': write duckdb:PATH"),
        ("hubspot", "airbyte", "duckdb:/no.duckdb", ConfigError, "there is no such file"),
        ("hubspot", "airbyte", "parquet:/nowhere", ConfigError, "there is no such folder"),
        ("hubspot", "airbyte", "postgres:UNSET_PLACE", ConfigError, "UNSET_PLACE is not set"),
        ("zendesk", "fivetran", f"parquet:{damaged}", IngestError, "cannot be read"),
        ("zendesk", "fivetran", f"duckdb:{damaged}/ticket.parquet", IngestError, "cannot be read"),
        ("hubspot", "airbyte", f"{origin}#copis", ConfigError, "in copies; did you mean copies"),
    ):
        with pytest.raises(kind, match=message):
            copy_tables(vendor, tool, place, tmp_path / "landing", lambda *_: None)
    assert not (tmp_path / "landing").exists()


def test_a_table_without_the_time_of_its_sync_is_refused(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte")
    with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
        connection.execute("alter table copies.users drop column _airbyte_extracted_at")
    with pytest.raises(IngestError, match="table users has no column _airbyte_extracted_at"):
        copy_tables("zendesk", "airbyte", origin, tmp_path / "landing", lambda *_: None)


def test_the_schema_with_the_most_tables_is_read_or_the_one_that_is_named(tmp_path: Path) -> None:
    path, landing = tmp_path / "lake.duckdb", tmp_path / "landing"
    origin = lake(path, "zendesk", "airbyte", schema="support")
    # Another vendor's beside it, some of whose tables are called the same.
    lake(path, "hubspot", "airbyte", schema="crm")
    assert copy_tables("zendesk", "airbyte", origin, landing, lambda *_: None).rows["users"] == 3
    assert copy_tables("hubspot", "airbyte", origin, landing, lambda *_: None).rows["owners"] == 6
    lake(path, "zendesk", "airbyte", schema="older")
    with pytest.raises(ConfigError, match="in older as in support; add #SCHEMA"):
        copy_tables("zendesk", "airbyte", origin, tmp_path / "other", lambda *_: None)
    named = copy_tables(
        "zendesk", "airbyte", f"{origin}#older", tmp_path / "other", lambda *_: None
    )
    assert named.rows["tickets"] == 3


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://reader:tell-nobody@127.0.0.1:1/none",
        # The driver would repeat these, for it takes them for something else.
        "postgresql://reader:never/tell-nobody@127.0.0.1:1/none",
        "reader:tell-nobody@127.0.0.1",
    ],
)
def test_a_database_that_is_not_there_is_told_without_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("COPIES", address)
    with pytest.raises(IngestError, match="the database in COPIES cannot be read") as failure:
        copy_tables("hubspot", "fivetran", "postgres:COPIES", tmp_path, lambda *_: None)
    assert "tell-nobody" not in str(failure.value)
    assert failure.value.__suppress_context__


def test_the_command_lands_one_vendor_s_tables(tmp_path: Path) -> None:
    origin = lake(tmp_path / "lake.duckdb", "zendesk", "airbyte")
    run = ["ingest", "--landing", tmp_path / "landing", "--from", origin, "--layout", "airbyte"]
    assert "3 tickets" in run_helpdesk(*run, "zendesk").stdout
    for vendors, message in (
        (["zendesk", "hubspot"], "--from is for one vendor, hubspot or zendesk"),
        (["zendesc"], "did you mean zendesk"),
    ):
        refused = run_helpdesk(*run, *vendors, check=False)
        assert refused.returncode == 2
        assert message in " ".join((refused.stdout + refused.stderr).split())
