"""Landing folders with files of every format, and with broken, changed and deleted files."""

import gzip
import json
import os
from pathlib import Path

import duckdb
import pytest

from helpdesk.contract.tables import contract_markdown
from helpdesk.core.errors import LandingError
from helpdesk.load.landing import LoadSummary, load_landing
from helpdesk.load.readers import MAX_LINE_BYTES

TICKETS = (
    "ticket_id,created_at,status_id\n1,2024-01-01T00:00:00Z,new\n2,2024-01-02T00:00:00Z,done\n"
)
HISTORY = "ticket_id,field,changed_at,seq,value\n2,status,2024-01-03T00:00:00Z,1,done\n"
STATUSES = "status_id,state\nnew,open\ndone,closed\n"


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "tickets.csv").write_text(TICKETS)
    (folder / "statuses.csv").write_text(STATUSES)
    (folder / "ticket_field_history.csv").write_text(HISTORY)
    return folder


@pytest.fixture
def warehouse(tmp_path: Path):
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        yield connection


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def test_every_format_loads_the_same_rows(landing: Path, warehouse) -> None:
    records = [
        {"agent_id": "1", "name": "Ann, A", "email": 'a"b@x', "capacity": "5"},
        {"agent_id": "2", "name": "Zoë 🚀", "email": None, "capacity": None},
    ]
    csv_text = 'agent_id,name,email,capacity\n1,"Ann, A","a""b@x",5\n2,Zoë 🚀,,\n'
    jsonl = "".join(json.dumps(record) + "\n" for record in records)
    variants = {
        "agents.csv": lambda path: path.write_text(csv_text),
        "agents.csv.gz": lambda path: path.write_bytes(gzip.compress(csv_text.encode())),
        "agents.jsonl": lambda path: path.write_text(jsonl),
        "agents.jsonl.gz": lambda path: path.write_bytes(gzip.compress(jsonl.encode())),
        "agents.parquet": lambda path: warehouse.execute(
            f"""copy (select * from (values ('1', 'Ann, A', 'a"b@x', 5), ('2', 'Zoë 🚀', null, null))
            as agents (agent_id, name, email, capacity)) to '{path}' (format parquet)"""
        ),
        "agents/2024/part-1.csv": lambda path: path.write_text(csv_text),
    }
    expected = [("1", "Ann, A", 'a"b@x', "5"), ("2", "Zoë 🚀", None, None)]
    for name, write in variants.items():
        path = landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path)
        load_landing(warehouse, landing)
        found = rows(
            warehouse, "select agent_id, name, email, capacity from raw.agents order by _row"
        )
        assert found == expected, name
        path.unlink()


def test_values_are_kept_as_written(landing: Path, warehouse) -> None:
    (landing / "contacts.jsonl").write_text(
        '{"contact_id": 12345678901234567890, "name": "  spaced  "}\n{"contact_id": "007", "name": ""}\n'
    )
    load_landing(warehouse, landing)
    assert rows(warehouse, "select contact_id, name from raw.contacts order by _row") == [
        ("12345678901234567890", "  spaced  "),
        ("007", None),
    ]


def test_a_typed_parquet_time_is_an_instant(landing: Path, warehouse) -> None:
    """With a zone it is converted; without one it is UTC."""
    (landing / "tickets.csv").unlink()
    warehouse.execute("set timezone = 'America/New_York'")
    warehouse.execute(
        f"""copy (select '1' as ticket_id, 'new' as status_id,
            timestamptz '2024-01-01 00:00:00+02' as created_at,
            timestamp '2024-01-01 00:00:00.5' as updated_at)
        to '{landing}/tickets.parquet' (format parquet)"""
    )
    load_landing(warehouse, landing)
    assert rows(warehouse, "select created_at, updated_at from raw.tickets") == [
        ("2023-12-31T22:00:00.000000Z", "2024-01-01T00:00:00.500000Z")
    ]


def test_extra_columns_are_kept_and_reported(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_text(
        TICKETS.replace("status_id\n", "status_id,mood\n")
        .replace("new\n", "new,odd\n")
        .replace("done\n", "done,\n")
    )
    summary = load_landing(warehouse, landing)
    assert summary.notes == ["tickets: columns that are not in the contract: mood"]
    assert rows(warehouse, "select _extra from raw.tickets order by _row") == [
        ('{"mood":"odd"}',),
        ('{"mood":null}',),
    ]


def test_only_changed_files_are_read_again(landing: Path, warehouse) -> None:
    assert len(load_landing(warehouse, landing).loaded) == 3
    assert load_landing(warehouse, landing).loaded == []
    (landing / "agents.csv").write_text("agent_id\n1\n")
    (landing / "statuses.csv").write_text(STATUSES + "held,on_hold\n")
    summary = load_landing(warehouse, landing)
    assert sorted(summary.loaded) == ["agents.csv", "statuses.csv"]
    assert rows(warehouse, "select count(*) from raw.statuses") == [(3,)]
    (landing / "agents.csv").unlink()
    assert load_landing(warehouse, landing).removed == ["agents.csv"]
    assert rows(warehouse, "select count(*) from raw.agents") == [(0,)]
    assert len(load_landing(warehouse, landing, reload=True).loaded) == 3
    assert rows(warehouse, "select count(*) from raw.tickets") == [(2,)]


def test_another_folder_is_read_completely(landing: Path, warehouse, tmp_path: Path) -> None:
    """Files in another folder are different files, even with the same name, size and time."""
    load_landing(warehouse, landing)
    other = tmp_path / "other"
    other.mkdir()
    for path in landing.iterdir():
        twin = other / path.name
        twin.write_text(path.read_text().replace("2024-01-01", "2024-01-09"))
        os.utime(twin, ns=(path.stat().st_mtime_ns, path.stat().st_mtime_ns))
    assert len(load_landing(warehouse, other).loaded) == 3
    assert rows(warehouse, "select min(created_at) from raw.tickets") == [("2024-01-02T00:00:00Z",)]


def test_invalid_lines_are_rejected_and_counted(landing: Path, warehouse) -> None:
    (landing / "tickets.csv").write_bytes(
        TICKETS.encode() + b"3,2024-01-01T00:00:00Z\n4,x,new,more\n5,2024-01-01T00:00:00Z,\xff\n"
    )
    (landing / "agents.jsonl").write_text('{"agent_id": "1"}\n{"agent_id": \n[1]\n\n')
    load_landing(warehouse, landing)
    assert rows(
        warehouse, "select table_name, line, reason from landing.rejected_rows order by all"
    ) == [
        ("agents", 2, "line: not a JSON object"),
        ("agents", 3, "line: not a JSON object"),
        ("tickets", 4, "line: expected number of columns: 3 found: 2"),
        ("tickets", 5, "line: expected number of columns: 3 found: 4"),
        (
            "tickets",
            6,
            "line: invalid unicode (byte sequence mismatch) detected. this file is not utf-8 encoded.",
        ),
    ]
    assert rows(
        warehouse,
        "select table_name, rows_read, rows_rejected from landing.files where rows_rejected > 0 order by all",
    ) == [("agents", 3, 2), ("tickets", 5, 3)]


def test_a_line_over_the_size_limit_is_rejected_with_its_reason(landing: Path, warehouse) -> None:
    (landing / "teams.csv").write_bytes(b"team_id,name\n1," + b"x" * MAX_LINE_BYTES + b"\n2,b\n")
    load_landing(warehouse, landing)
    assert rows(warehouse, "select team_id from raw.teams") == [("2",)]
    ((reason,),) = rows(warehouse, "select reason from landing.rejected_rows")
    assert reason.startswith("line: maximum line size of 67108864 bytes exceeded")


def test_a_json_key_that_cannot_be_a_column_rejects_no_row(landing: Path, warehouse) -> None:
    (landing / "teams.jsonl").write_text(
        '{"team_id": "1", "na\\u0000me": "a", "name": "b\\u0000"}\n'
    )
    load_landing(warehouse, landing)
    assert rows(warehouse, "select team_id, name, _extra from raw.teams") == [("1", "b\0", None)]


BROKEN = {
    "missing column": (
        "tickets/b.csv",
        b"id,status_id\n1,new\n",
        "required column ticket_id, created_at of table tickets is missing",
    ),
    "missing JSON key": (
        "tickets/b.jsonl",
        b'{"ticket_id": "1"}\n',
        "required column created_at, status_id",
    ),
    "empty file": ("agents.csv", b"", "the file is empty"),
    "header twice": (
        "agents.csv",
        b"agent_id,name,name\n1,a,b\n",
        "column name is in the header more than once",
    ),
    "not Parquet": ("agents.parquet", b"PAR1 this is not one", "the file cannot be read"),
    "not gzip": ("agents.csv.gz", b"agent_id\n1\n", "the file cannot be read"),
    "cut gzip": (
        "agents.csv.gz",
        gzip.compress(b"agent_id\n" + os.urandom(4096).hex().encode())[:-900],
        "the file cannot be read",
    ),
    "mixed line ends": (
        "agents.csv",
        b"agent_id,name\n1,a\r\n2,b\n",
        "its lines have different endings",
    ),
    "not UTF-8 header": ("agents.csv", b"agent_id,n\xffme\n1,a\n", "the file cannot be read"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named_and_changes_nothing(name: str, landing: Path, warehouse) -> None:
    load_landing(warehouse, landing)
    before = rows(warehouse, "from raw.tickets order by all")
    file, content, message = BROKEN[name]
    (landing / file).parent.mkdir(exist_ok=True)
    (landing / file).write_bytes(content)
    (landing / "tickets.csv").write_text(TICKETS + "3,2024-01-05T00:00:00Z,new\n")
    with pytest.raises(LandingError) as failure:
        load_landing(warehouse, landing)
    assert str(landing / file) in str(failure.value)
    assert message in str(failure.value)
    assert rows(warehouse, "from raw.tickets order by all") == before
    (landing / file).unlink()
    assert load_landing(warehouse, landing).loaded == ["tickets.csv"]


def test_missing_required_files_are_reported(tmp_path: Path, landing: Path, warehouse) -> None:
    with pytest.raises(LandingError, match="this folder does not exist"):
        load_landing(warehouse, tmp_path / "nowhere")
    (landing / "ticket_field_history.csv").unlink()
    with pytest.raises(LandingError, match="ticket_field_history and messages are both missing"):
        load_landing(warehouse, landing)
    (landing / "statuses.csv").unlink()
    with pytest.raises(LandingError, match="table statuses is missing"):
        load_landing(warehouse, landing)


def test_an_unknown_file_is_reported(landing: Path, warehouse) -> None:
    (landing / "ticket.csv").write_text(TICKETS)
    (landing / ".hidden").write_text("")
    summary: LoadSummary = load_landing(warehouse, landing)
    assert summary.notes == [
        "ticket.csv: not loaded, as no table of the contract or of a source has this name; is it tickets? "
        "Rename it to tickets.csv, or move it into a folder tickets/."
    ]


def test_the_contract_page_is_the_contract() -> None:
    """docs/file-contract.md ends with the output of `helpdesk contract`: update it after a change."""
    page = Path(__file__).parents[2] / "docs" / "file-contract.md"
    assert page.read_text().rstrip().endswith(contract_markdown().rstrip())


def test_files_are_read_again_after_a_version_adds_a_column(tmp_path: Path) -> None:
    """A warehouse of an older version, whose raw tables lack the column."""
    folder = tmp_path / "landing"
    folder.mkdir()
    for name, text in {
        "tickets": "ticket_id,created_at,status_id\n1,2025-01-01T00:00:00Z,1\n",
        "statuses": "status_id,state\n1,open\n",
        "messages": "message_id,ticket_id,sent_at,direction,author_type\n",
        "teams": "team_id,name\n1,Blue\n",
    }.items():
        (folder / f"{name}.csv").write_text(text)
    with duckdb.connect() as connection:
        load_landing(connection, folder)
        connection.execute("alter table raw.teams drop column name")
        assert len(load_landing(connection, folder).loaded) == 4
        assert connection.execute("select name from raw.teams").fetchall() == [("Blue",)]
        assert load_landing(connection, folder).loaded == []
