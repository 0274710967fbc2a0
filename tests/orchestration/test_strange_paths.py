"""Folder names that are special in addresses, patterns or SQL literals."""

import subprocess
from contextlib import ExitStack
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.build import opened
from helpdesk.core.paths import OutputPaths
from helpdesk.extract.origins import open_origin
from tests.conftest import HELPDESK
from tests.small_desk import AS_OF, DESK, write_desk

NAMES = ["a#b", "100% of it's [1]", "sp=am;x=true", "a*b"]


@pytest.fixture(scope="module")
def built_there(tmp_path_factory: pytest.TempPathFactory) -> OutputPaths:
    """A build in a folder whose names have every special character, with files open to everybody.

    The working files are above the folder with a `?`, thus in that with the other characters. An
    earlier version has left them in a folder that others can read.
    """
    above = tmp_path_factory.mktemp("strange") / "a#b; 100% of it's [x]"
    paths = OutputPaths(above / "why?#" / "warehouse")
    paths.work.mkdir(parents=True, mode=0o755)
    assert "why" not in str(paths.work)
    landing = write_desk(above / "why?#" / "landing", DESK)
    command = ["build", "--landing", landing, "--output", paths.root, "--as-of", AS_OF]
    subprocess.run(
        ["sh", "-c", 'umask 000 && exec "$@"', "sh", HELPDESK, *map(str, command)], check=True
    )
    return paths


@pytest.mark.long
@pytest.mark.slow
def test_a_build_reads_and_writes_there(built_there: OutputPaths) -> None:
    with duckdb.connect(str(built_there.published), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_tickets").fetchone() == (5,)


@pytest.mark.long
@pytest.mark.slow
def test_files_with_personal_data_are_readable_by_their_owner_only(
    built_there: OutputPaths,
) -> None:
    """With any umask, and for a folder of an earlier version that others could read."""
    assert built_there.work.stat().st_mode & 0o777 == 0o700
    assert built_there.published.stat().st_mode & 0o777 == 0o444


def test_a_working_file_is_where_duckdb_can_write_its_log(tmp_path: Path) -> None:
    paths = OutputPaths(tmp_path / "a?b" / "c")
    paths.work.mkdir(parents=True)
    assert "?" not in str(paths.work)
    assert paths.work != OutputPaths(tmp_path / "a?b" / "d").work
    with opened(paths.warehouse) as connection:
        connection.execute("create table kept as select 1")
    with opened(paths.warehouse) as connection:
        assert connection.execute("from kept").fetchone() == (1,)


@pytest.mark.parametrize("name", NAMES)
def test_another_tools_tables_are_found_there(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    (folder / "users").mkdir(parents=True)
    lake = folder / "lake#1.duckdb"
    with duckdb.connect(str(lake)) as connection:
        for schema in ("desk", "other"):
            connection.execute(f"create schema {schema}; create table {schema}.users as select 1")
        quoted = str(folder / "users" / "p=1.parquet").replace("'", "''")
        connection.execute(f"copy (select 2 as id) to '{quoted}'")
    origins = {f"duckdb:{lake}#desk": 1, f"parquet:{folder}": 2}
    for origin, value in origins.items():
        with duckdb.connect() as connection, ExitStack() as stack:
            opened = open_origin(connection, origin, ["users"], stack)
            found = connection.execute(f"select * from {opened.relations['users'].query}")
            assert [row[0] for row in found.fetchall()] == [value]


def test_what_follows_a_number_sign_is_a_schema_where_no_file_is_called_so(tmp_path: Path) -> None:
    for name in ("lake", "lake#desk"):
        with duckdb.connect(str(tmp_path / name)) as connection:
            connection.execute(
                f"create schema desk; create table desk.users as select '{name}' as n"
            )
    for origin, name in {"lake#desk": "lake#desk", "lake#desk#desk": "lake#desk"}.items():
        assert _name_in(f"duckdb:{tmp_path / origin}") == name
    (tmp_path / "lake#desk").unlink()
    assert _name_in(f"duckdb:{tmp_path}/lake#desk") == "lake"


def _name_in(origin: str) -> str:
    with duckdb.connect() as connection, ExitStack() as stack:
        relation = open_origin(connection, origin, ["users"], stack).relations["users"]
        ((name,),) = connection.execute(f"select n from {relation.query}").fetchall()
        return str(name)
