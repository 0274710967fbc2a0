"""Publishing to Postgres: what is there is the build, whole, for everybody, at every moment."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from helpdesk.errors import BusyError, HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.postgres import LOCK, publish_to_postgres
from orchestration.publish import publish
from tests.bi.server import Server
from tests.conftest import published, run_helpdesk


@pytest.fixture(scope="module")
def builds(output: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small desk as it was built, and again after one ticket has another priority."""
    paths = OutputPaths(tmp_path_factory.mktemp("builds") / "output")
    shutil.copytree(output, paths.root, symlinks=True)
    first = paths.current.resolve()
    with duckdb.connect(paths.warehouse) as connection:
        connection.execute("update marts.fct_tickets set priority = 'wanted' where ticket_id = '1'")
        connection.execute("update marts.build_log set build_id = '3000-01-01T00-00-00Z'")
    return first, publish(paths, paths.manifest, "3000-01-01T00-00-00Z").folder


def rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_every_row_of_every_mart_is_there(database: Server, output: Path, builds) -> None:
    publish_to_postgres(builds[0], database.address())
    catalogue = json.loads((builds[0] / "catalogue.json").read_text())
    with database.connect() as connection, published(output) as marts:
        connection.execute("set timezone = 'Asia/Kolkata'")
        held = 0
        for model in catalogue["models"]:
            name = model["name"]
            wanted = marts.execute(f"select * from marts.{name}").fetchall()
            found = rows(connection, f'select * from marts."{name}"')
            assert sorted(map(repr, map(as_utc, found))) == sorted(map(repr, wanted)), name
            held += len(wanted)
        assert held > 200
        lists = rows(connection, "select time_to_close_seconds_values from marts.rpt_time_to_close")
        assert all(isinstance(value, int) for (values,) in lists for value in values)


def as_utc(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
        for value in row
    )


def test_tables_have_types_keys_and_comments(database: Server, builds) -> None:
    publish_to_postgres(builds[0], database.address())
    with database.connect() as connection:
        types = dict(
            rows(
                connection,
                "select distinct column_name, data_type from information_schema.columns "
                "where table_schema = 'marts' and column_name in ('created_at', 'created_date', "
                "'is_excluded', 'reopen_count', 'time_to_close_seconds_values', 'score')",
            )
        )
        assert types == {
            "created_at": "timestamp with time zone",
            "created_date": "date",
            "is_excluded": "boolean",
            "reopen_count": "bigint",
            "time_to_close_seconds_values": "ARRAY",
            "score": "double precision",
        }
        keys = dict(
            rows(
                connection,
                "select conrelid::regclass::text, pg_get_constraintdef(oid) from pg_constraint "
                "where connamespace = 'marts'::regnamespace and contype in ('p', 'u')",
            )
        )
        assert keys["marts.fct_tickets"] == "PRIMARY KEY (ticket_key)"
        # A ticket without a category has a row of its own there.
        assert keys["marts.rpt_ticket_volume"].startswith("UNIQUE NULLS NOT DISTINCT (report_date")
        tables = rows(connection, "select count(*) from pg_tables where schemaname = 'marts'")
        assert tables == [(len(keys),)], "every table has one"
        silent = rows(
            connection,
            "select c.relname, a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid "
            "where c.relnamespace = 'marts'::regnamespace and c.relkind = 'r' and a.attnum > 0 "
            "and c.relname <> 'published_marts' and (obj_description(c.oid) is null "
            "or col_description(c.oid, a.attnum) is null)",
        )
        assert silent == []


def test_only_what_changed_is_written(database: Server, builds) -> None:
    first = publish_to_postgres(builds[0], database.address())
    assert first.kept == 0
    with database.connect() as connection:
        tables = "select relname, oid from pg_class where relnamespace = 'marts'::regnamespace"
        before = dict(rows(connection, tables))
        again = publish_to_postgres(builds[0], database.address())
        assert again.written == ()
        assert dict(rows(connection, tables)) == before
        second = publish_to_postgres(builds[1], database.address())
        assert set(second.written) == {"build_log", "fct_tickets"}
        after = dict(rows(connection, tables))
        moved = {name for name in before if before[name] != after.get(name)}
        assert moved == {"build_log", "build_log_pkey", "fct_tickets", "fct_tickets_pkey"}
        assert rows(
            connection, "select count(*) from marts.fct_tickets where priority = 'wanted'"
        ) == [(1,)]
        assert rows(connection, "select distinct build_id from marts.published_marts") == [
            ("3000-01-01T00-00-00Z",)
        ]


def test_readers_never_see_half_a_build(database: Server, builds) -> None:
    publish_to_postgres(builds[0], database.address())
    stop = threading.Event()
    seen: list[tuple[Any, ...]] = []
    failures: list[Exception] = []

    def read() -> None:
        try:
            with database.connect() as connection:
                while not stop.is_set():
                    found = rows(
                        connection,
                        "select log.build_id, published.build_id, exists (select 1 from "
                        "marts.fct_tickets where priority = 'wanted') from marts.build_log as log, "
                        "marts.published_marts as published where mart = 'fct_tickets'",
                    )
                    seen.extend(found)
        except Exception as error:
            failures.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for build in (builds[1], builds[0]) * 3:
        publish_to_postgres(build, database.address())
    stop.set()
    for reader in readers:
        reader.join()
    assert not failures
    old, new = (build.name for build in builds)
    assert len(set(seen)) == 2
    assert {(logged, wanted) for logged, _, wanted in set(seen)} == {(old, False), (new, True)}
    assert all(logged == said for logged, said, _ in set(seen))


CHILD = """
import sys
from pathlib import Path
from orchestration.postgres import publish_to_postgres
publish_to_postgres(Path(sys.argv[1]), sys.stdin.read())
"""


@pytest.fixture
def waiting_publisher(database: Server, builds) -> Iterator[subprocess.Popen[Any]]:
    """One that has loaded all of the second build and waits for a reader of the first."""
    publish_to_postgres(builds[0], database.address())
    with database.connect() as reader, database.connect() as watcher:
        reader.execute("begin; select count(*) from marts.fct_tickets")
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, builds[1]], stdin=subprocess.PIPE, text=True
        )
        child.stdin.write(database.address())
        child.stdin.close()
        deadline = time.monotonic() + 60
        while rows(watcher, "select count(*) from pg_locks where not granted") == [(0,)]:
            assert time.monotonic() < deadline
            assert child.poll() is None
            time.sleep(0.05)
        yield child
        child.kill()
        child.wait()


def test_a_load_that_dies_leaves_the_last_build(waiting_publisher, database, builds) -> None:
    waiting_publisher.send_signal(signal.SIGKILL)
    waiting_publisher.wait()
    with database.connect() as connection:
        assert rows(connection, "select build_id from marts.build_log") == [(builds[0].name,)]
        assert rows(connection, "select to_regclass('marts_loading.fct_tickets') is null") == [
            (False,)
        ]
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'helpdesk publish'"
        )
    # What it left behind is no hindrance; the reader that stood in its way is gone by then.


def test_the_next_load_clears_up(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("create schema marts_loading; create table marts_loading.half (a int)")
        publish_to_postgres(builds[0], database.address())
        assert rows(connection, "select to_regnamespace('marts_loading') is null") == [(True,)]


def test_one_publisher_at_a_time(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(BusyError):
            publish_to_postgres(builds[0], database.address())


def test_what_is_not_its_own_is_left_alone(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("create schema marts; create table marts.precious (a int)")
        with pytest.raises(HelpdeskError, match="did not make"):
            publish_to_postgres(builds[0], database.address())
        assert rows(connection, "select count(*) from marts.precious") == [(0,)]


def test_a_view_on_a_mart_is_not_dropped_in_silence(database: Server, builds) -> None:
    publish_to_postgres(builds[0], database.address())
    with database.connect() as connection:
        connection.execute("create view public.mine as select * from marts.fct_tickets")
        with pytest.raises(HelpdeskError, match="view mine depends on table"):
            publish_to_postgres(builds[1], database.address())
        assert rows(connection, "select build_id from marts.build_log") == [(builds[0].name,)]


def test_a_role_may_read_and_no_more(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("drop role if exists bi_reader")
        connection.execute(f"create role bi_reader login password '{database.password}'")
    for build in builds:
        publish_to_postgres(build, database.address(), ["bi_reader"])
    with psycopg.connect(database.address(user="bi_reader")) as reader:
        assert rows(reader, "select count(*) > 0 from marts.fct_tickets") == [(True,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute("delete from marts.fct_tickets")
    with database.connect() as connection:
        connection.execute("drop owned by bi_reader; drop role bi_reader")


def test_the_command_reads_the_address_from_the_environment(database, output, monkeypatch) -> None:
    monkeypatch.setenv("DESK_DATABASE", database.address())
    done = run_helpdesk("publish", "--output", output, "--to-env", "DESK_DATABASE")
    assert "tables written" in done.stdout
    assert database.password not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://loader:hush@127.0.0.1:1/desk", "cannot be reached"),
        ("postgresql://loader:hush@127.0.0.1:port/desk", "cannot be re"),
        ("postgresql://loader:hush/word@[/desk", "cannot be re"),
        ("mysql://loader:hush@127.0.0.1/desk", "no Postgres address"),
        ("", "is not set"),
    ],
)
def test_a_password_is_never_repeated(output: Path, address: str, said: str) -> None:
    environment = os.environ | {"DESK_DATABASE": address}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "helpdesk.cli",
            "publish",
            "--output",
            output,
            "--to-env",
            "DESK_DATABASE",
        ],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "hush" not in done.stdout + done.stderr
