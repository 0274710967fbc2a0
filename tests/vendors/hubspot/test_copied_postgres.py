"""Copied tables in a Postgres database, a real one, where the machine has its programs."""

import getpass
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from psycopg import sql

from helpdesk.errors import IngestError
from ingestion.vendors.copied import copy_tables
from tests.vendors.hubspot import copies
from tests.vendors.hubspot.fetching import landed, simulated_account
from tests.vendors.hubspot.test_copied import AT, STREAMS, SYNCED

TYPES = {"TIMESTAMP WITH TIME ZONE": "timestamptz", "BIGINT": "bigint", "BOOLEAN": "boolean"}
PROGRAMS = ("initdb", "postgres")

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, PROGRAMS)), reason="this machine has no Postgres server"
)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server of its own, which refuses to run as root: there it is Debian's postgres user."""
    import tempfile

    user = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
    folder = Path(tempfile.mkdtemp(prefix="postgres"))
    if user:
        shutil.chown(folder, "postgres")
    data = str(folder / "data")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": folder}
    subprocess.run([*user, "initdb", "-A", "trust", "-U", "reader", "-D", data], **quiet)
    options = ["-p", str(port), "-k", str(folder), "-c", "fsync=off", "-c", "timezone=Asia/Tokyo"]
    server = subprocess.Popen(
        [*user, "postgres", "-D", data, *options], stderr=subprocess.DEVNULL, cwd=folder
    )
    try:
        yield _ready(f"postgresql://reader@127.0.0.1:{port}/postgres")
    finally:
        server.terminate()
        server.wait(timeout=30)
        shutil.rmtree(folder)


def _ready(address: str) -> str:
    for _ in range(100):
        try:
            with psycopg.connect(address, connect_timeout=1):
                return address
        except psycopg.OperationalError:
            subprocess.run(["sleep", "0.1"], check=True)
    raise AssertionError(f"no server at {address}")


def test_a_database_gives_what_a_file_gives(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal = simulated_account(tmp_path / "desk").portal
    database = tmp_path / "copied.duckdb"
    copies.write(copies.fivetran(portal), SYNCED["fivetran"], AT, database)
    with psycopg.connect(address) as connection:
        _fill(database, connection)
    monkeypatch.setenv("COPIES_OF_HUBSPOT", address)
    for name, origin in (("file", f"duckdb:{database}"), ("base", "postgres:COPIES_OF_HUBSPOT")):
        copy_tables("hubspot", "fivetran", origin, tmp_path / name, lambda *_: None)
    for stream in STREAMS["fivetran"]:
        left, right = (landed(tmp_path / name, stream) for name in ("file", "base"))
        assert left == right != [], stream


def test_a_database_that_is_not_there_is_told_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPIES_OF_HUBSPOT", "postgresql://reader:tell-nobody@127.0.0.1:1/none")
    with pytest.raises(IngestError, match="the database in COPIES_OF_HUBSPOT") as told:
        copy_tables("hubspot", "fivetran", "postgres:COPIES_OF_HUBSPOT", tmp_path, lambda *_: None)
    assert "tell-nobody" not in str(told.value)


def _fill(database: Path, connection: psycopg.Connection) -> None:
    with duckdb.connect(str(database), read_only=True) as copied:
        for (table,) in copied.execute("select table_name from duckdb_tables()").fetchall():
            columns = copied.execute(f"describe hubspot.{table}").fetchall()
            declared = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(TYPES.get(kind, "text")))
                for name, kind, *_ in columns
            )
            name = sql.Identifier(table)
            connection.execute(sql.SQL("create table {} ({})").format(name, declared))
            with connection.cursor().copy(sql.SQL("copy {} from stdin").format(name)) as into:
                for row in copied.execute(f"from hubspot.{table}").fetchall():
                    into.write_row(row)
