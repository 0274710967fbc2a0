"""Tables in a Postgres database become what the same tables as Parquet become."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from helpdesk.errors import IngestError
from ingestion.vendors.zendesk.tables import fetch_tables
from tests.vendors.zendesk.test_tables import fivetran, landed, no_report, packed

__all__ = ["fivetran"]

INITDB = shutil.which("initdb") or next(
    (str(path) for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), None
)
# Postgres does not run as root.
USER = "postgres" if os.getuid() == 0 else None
POSTGRES = {"double": "double precision", "timestamp with time zone": "timestamptz"}

pytestmark = pytest.mark.skipif(INITDB is None, reason="Postgres is not installed")


@pytest.fixture(scope="module")
def database() -> Iterator[str]:
    """The address of an empty database, of a server that ends with the tests."""
    assert INITDB is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        shutil.chown(folder, USER or os.getuid())
        data = f"{folder}/data"
        control = str(Path(INITDB).with_name("pg_ctl"))
        quiet = {"check": True, "capture_output": True, "user": USER, "cwd": folder}
        subprocess.run([INITDB, "-D", data, "-A", "trust", "-U", "desk"], **quiet)  # type: ignore[call-overload]
        options = f"-p {port} -h 127.0.0.1 -k {folder}"
        log = f"{folder}/log"
        subprocess.run([control, "-D", data, "-w", "-l", log, "-o", options, "start"], **quiet)  # type: ignore[call-overload]
        try:
            yield f"postgresql://desk@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([control, "-D", data, "-m", "fast", "stop"], **quiet)  # type: ignore[call-overload]


def test_a_postgres_database_gives_what_the_files_give(
    database: str, fivetran: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with duckdb.connect() as files, psycopg.connect(database) as server:
        files.execute("set timezone = 'UTC'")
        server.execute("create schema zendesk")
        for file in fivetran.glob("*.parquet"):
            described = files.execute(f"describe from '{file}'").fetchall()
            columns = ", ".join(
                f'"{name}" {POSTGRES.get(kind.lower(), kind)}' for name, kind, *_ in described
            )
            server.execute(f'create table zendesk."{file.stem}" ({columns})'.encode())
            csv = tmp_path / "rows.csv"
            files.execute(f"copy (from '{file}') to '{csv}' (format csv, header)")
            query = f'copy zendesk."{file.stem}" from stdin (format csv, header)'
            with server.cursor().copy(query.encode()) as copy:
                copy.write(csv.read_bytes())
    monkeypatch.setenv("ZENDESK_TABLES", database)
    ours, theirs = tmp_path / "files", tmp_path / "database"
    of_files = fetch_tables(f"parquet:{fivetran}", "fivetran", ours, no_report)
    of_database = fetch_tables("postgres:ZENDESK_TABLES", "fivetran", theirs, no_report)
    assert of_database.rows == of_files.rows
    for stream in ("users", "organizations", "schedule_holidays"):
        assert sorted(map(packed, landed(theirs, stream))) == sorted(
            map(packed, landed(ours, stream))
        )
    assert fetch_tables("postgres:ZENDESK_TABLES", "fivetran", theirs, no_report).rows == {}


def test_a_database_that_is_away_does_not_show_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZENDESK_TABLES", "postgresql://desk:secret@127.0.0.1:9/none")
    with pytest.raises(IngestError) as failure:
        fetch_tables("postgres:ZENDESK_TABLES", "fivetran", tmp_path, no_report)
    assert "ZENDESK_TABLES" in str(failure.value)
    assert "secret" not in str(failure.value)
