"""Publishing to Postgres: every reader sees a complete build at any time."""

import json
import os
import re
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

from helpdesk.core.errors import BusyError, ConfigError, HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.publish import postgres
from helpdesk.publish.postgres import LOCK, OURS, publish_to_postgres
from helpdesk.publish.published import publish
from helpdesk.transform.manifest import ensure_manifest
from tests.bi.server import Server
from tests.conftest import published, run_helpdesk
from tests.orchestration.publishing.warehouse import (
    COLUMNS,
    STATEMENTS,
    change,
    publish_next,
    write_manifest,
)


@pytest.fixture(scope="module")
def builds(output: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small desk as it was built, and again after one ticket has another priority."""
    paths = OutputPaths(tmp_path_factory.mktemp("builds") / "output")
    shutil.copytree(output, paths.root, symlinks=True)
    first = paths.current.resolve()
    with duckdb.connect(paths.candidate) as connection:
        connection.execute("update marts.fct_tickets set priority = 'wanted' where ticket_id = '1'")
        connection.execute("update marts.build_log set build_id = '3000-01-01T00-00-00Z'")
    return first, publish(paths, ensure_manifest(), "3000-01-01T00-00-00Z").folder


def rows(connection: psycopg.Connection[Any], query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def test_every_row_of_every_mart_is_published(database: Server, output: Path, builds) -> None:
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
        # The report has a row for tickets without a category.
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


def test_only_changed_tables_are_written(database: Server, builds) -> None:
    first = publish_to_postgres(builds[0], database.address())
    assert first.kept == 0
    with database.connect() as connection:
        tables = (
            "select relname, oid from pg_class "
            "where relnamespace = 'marts'::regnamespace and relkind = 'r'"
        )
        before = dict(rows(connection, tables))
        again = publish_to_postgres(builds[0], database.address())
        assert again.written == ()
        written = "select count(*) from marts.fct_tickets where xmin::text::bigint > %s"
        last = rows(connection, "select max(xmin::text::bigint) from marts.fct_tickets")[0][0]
        second = publish_to_postgres(builds[1], database.address())
        # A report by priority is a view, so its rows change with those of the facts.
        assert set(second.written) == {"build_log", "fct_tickets", "rpt_ticket_volume"}
        assert dict(rows(connection, tables)) == before
        # Only the rows that differ, also for a large table.
        assert connection.execute(written, [last]).fetchall() == [(1,)]
        assert rows(
            connection, "select count(*) from marts.fct_tickets where priority = 'wanted'"
        ) == [(1,)]
        assert rows(connection, "select distinct build_id from marts.published_marts") == [
            ("3000-01-01T00-00-00Z",)
        ]


def test_a_report_view_becomes_a_table(database: Server, tmp_path: Path) -> None:
    paths = OutputPaths(tmp_path)
    write_manifest(paths, COLUMNS)
    change(paths, *STATEMENTS)
    folder = publish_next(paths).folder
    assert set(publish_to_postgres(folder, database.address()).written) == set(COLUMNS)
    with database.connect() as connection:
        assert rows(connection, "select count(*) from marts.rpt_by_agent") == [(50,)]
    assert publish_to_postgres(publish_next(paths).folder, database.address()).written == ()
    change(paths, "delete from marts.fct_tickets where ticket_key = 0")
    done = publish_to_postgres(publish_next(paths).folder, database.address())
    assert set(done.written) == {"fct_tickets", "rpt_by_agent"}


def test_readers_never_see_a_partial_build(database: Server, builds) -> None:
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
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.publish.postgres import publish_to_postgres
publish_to_postgres(Path(sys.argv[1]), sys.stdin.read())
"""


@pytest.fixture
def waiting_publisher(database: Server, builds) -> Iterator[subprocess.Popen[Any]]:
    """A publisher that has loaded the second build and waits for a lock."""
    publish_to_postgres(builds[0], database.address())
    with database.connect() as reader, database.connect() as watcher:
        reader.execute("begin; lock table marts.fct_tickets in share mode")
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


def test_a_killed_load_leaves_the_last_build(waiting_publisher, database, builds) -> None:
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
    # Its leftovers do not matter; the reader with the lock has ended.


def test_the_next_load_clears_up(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("create schema marts_loading; create table marts_loading.half (a int)")
        with pytest.raises(HelpdeskError, match="drop schema marts_loading cascade"):
            publish_to_postgres(builds[0], database.address())
        assert rows(connection, "select count(*) from marts_loading.half") == [(0,)]
        connection.execute(f"comment on schema marts_loading is '{OURS}'")
        publish_to_postgres(builds[0], database.address())
        assert rows(connection, "select to_regnamespace('marts_loading') is null") == [(True,)]


def test_one_publisher_at_a_time(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("select pg_advisory_lock(%s)", [LOCK])
        with pytest.raises(BusyError):
            publish_to_postgres(builds[0], database.address())


def test_other_objects_are_left_alone(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("create schema marts; create table marts.precious (a int)")
        connection.execute("insert into marts.precious values (1)")
        publish_to_postgres(builds[0], database.address(), ["pg_monitor"])
        connection.execute(
            "create view marts.mine as select ticket_id, priority from marts.fct_tickets; "
            "create materialized view marts.old as select count(*) as tickets from marts.mine; "
            "create index by_priority on marts.fct_tickets (priority)"
        )
        done = publish_to_postgres(builds[1], database.address(), ["pg_monitor"])
        assert done.notes == ()
        assert rows(connection, "select * from marts.precious") == [(1,)]
        assert rows(connection, "select count(*) from marts.mine where priority = 'wanted'") == [
            (1,)
        ]
        assert rows(connection, "select tickets > 0 from marts.old") == [(True,)]
        assert rows(connection, "select to_regclass('marts.by_priority') is not null") == [(True,)]
        assert rows(
            connection, "select has_table_privilege('pg_monitor', 'marts.precious', 'select')"
        ) == [(False,)]


def test_a_foreign_table_with_the_name_of_a_mart_is_rejected(database: Server, builds) -> None:
    with database.connect() as connection:
        connection.execute("create schema marts; create view marts.dim_teams as select 1 as a")
        with pytest.raises(HelpdeskError, match=r"marts\.dim_teams: .* did not create it"):
            publish_to_postgres(builds[0], database.address())
        assert rows(connection, "select * from marts.dim_teams") == [(1,)]
        assert rows(connection, "select to_regclass('marts.fct_tickets') is null") == [(True,)]


GUARDS = """
    select relowner::regrole::text, relacl::text, relrowsecurity, obj_description(oid),
        (select array_agg(polname::text) from pg_policy where polrelid = pg_class.oid),
        col_description(oid, 1)
    from pg_class where oid in ('marts.fct_tickets'::regclass, 'marts.build_log'::regclass)
    order by oid
"""


def test_row_policies_stay(database: Server, builds) -> None:
    publish_to_postgres(builds[0], database.address())
    with database.connect() as connection:
        connection.execute("drop role if exists bi_team")
        connection.execute(f"create role bi_team login password '{database.password}'")
        connection.execute(
            "grant usage on schema marts to bi_team; "
            "grant select (ticket_id, priority) on marts.fct_tickets to bi_team; "
            "grant select on marts.build_log to bi_team; "
            "alter table marts.fct_tickets enable row level security; "
            "create policy own on marts.fct_tickets for select to bi_team using (ticket_id = '1'); "
            "comment on table marts.build_log is 'ours'; "
            "comment on column marts.fct_tickets.ticket_key is 'our key'"
        )
        before = rows(connection, GUARDS)
        publish_to_postgres(builds[1], database.address())
        assert rows(connection, GUARDS) == before
        with psycopg.connect(database.address(user="bi_team")) as reader:
            found = rows(reader, "select ticket_id, priority from marts.fct_tickets")
            assert found == [("1", "wanted")]
        # If the publisher cannot see all of its own rows, nothing is published.
        connection.execute("alter table marts.fct_tickets force row level security")
        connection.execute("create role no_loader login in role pg_monitor")
        connection.execute(f"alter role no_loader password '{database.password}'")
        connection.execute(
            "grant create on database desk to no_loader; alter schema marts owner to no_loader; "
            "grant all on all tables in schema marts to no_loader; "
            "alter table marts.fct_tickets owner to no_loader"
        )
        with pytest.raises(HelpdeskError, match="row-level security"):
            publish_to_postgres(builds[0], database.address(user="no_loader"))
        connection.execute("reassign owned by no_loader to loader; drop owned by no_loader")
        connection.execute("drop role no_loader; drop owned by bi_team; drop role bi_team")


def test_a_failed_publication_leaves_nothing(
    database: Server, builds, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_to_postgres(builds[0], database.address())
    done = []

    def replace_some(connection: Any, model: Any) -> None:
        if done:
            connection.execute("select 1 / 0")
        done.append(model["name"])
        by_row(connection, model)

    by_row = postgres.replace_rows
    with monkeypatch.context() as patched:
        patched.setattr(postgres, "replace_rows", replace_some)
        with pytest.raises(HelpdeskError, match="division by zero"):
            publish_to_postgres(builds[1], database.address())
    with database.connect() as connection:
        assert len(done) == 1
        assert rows(connection, "select build_id from marts.build_log") == [(builds[0].name,)]
        assert rows(connection, "select distinct build_id from marts.published_marts") == [
            (builds[0].name,)
        ]
        assert rows(connection, "select to_regnamespace('marts_loading') is null") == [(True,)]
        publish_to_postgres(builds[1], database.address())
        assert rows(connection, "select build_id from marts.build_log") == [(builds[1].name,)]


@pytest.fixture
def small(tmp_path: Path) -> OutputPaths:
    paths = OutputPaths(tmp_path)
    write_manifest(paths, COLUMNS)
    change(paths, *STATEMENTS)
    return paths


def test_columns_are_added_dropped_and_changed_in_place(
    database: Server, small: OutputPaths
) -> None:
    publish_to_postgres(publish_next(small).folder, database.address())
    with database.connect() as connection, database.connect() as reader:
        connection.execute("create view public.names as select name from marts.dim_agents")
        reader.execute("begin isolation level repeatable read")
        before = rows(reader, "select agent_key, name from marts.dim_agents order by 1")
        change(
            small,
            "alter table marts.dim_agents add column is_active boolean default true",
            "alter table marts.dim_agents drop column name",
            "create or replace table marts.fct_tickets as "
            "select * replace (seconds::varchar as seconds) from marts.fct_tickets",
        )
        columns = {
            **COLUMNS,
            "dim_agents": {"agent_key": "varchar", "is_active": "boolean"},
            "fct_tickets": COLUMNS["fct_tickets"] | {"seconds": "varchar"},
        }
        write_manifest(small, columns)
        folder = publish_next(small).folder
        # The publisher waits for a reader of the table, briefly and repeatedly.
        closing = threading.Timer(3, lambda: reader.execute("commit"))
        closing.start()
        done = publish_to_postgres(folder, database.address())
        closing.join()
        assert before[0][1] is not None
        assert [note for note in done.notes if "view names depends on" in note] == [*done.notes]
        assert "column name of marts.dim_agents" in done.notes[0]
        assert rows(connection, "select count(*) from marts.dim_agents where is_active") == [(50,)]
        assert rows(connection, "select count(*), count(name) from public.names") == [(50, 0)]
        assert rows(
            connection,
            "select count(*), count(seconds), pg_typeof(max(seconds))::text from marts.fct_tickets",
        ) == [(150_000, 150_000, "text")]
        connection.execute("drop view public.names")
        # Nothing depends on the column any more; the next change of the table drops it.
        change(small, "delete from marts.dim_agents where agent_key = 'a1'")
        assert publish_to_postgres(publish_next(small).folder, database.address()).notes == ()
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.execute("select name from marts.dim_agents")


def test_a_removed_mart_stays_empty_while_a_view_depends_on_it(
    database: Server, small: OutputPaths
) -> None:
    publish_to_postgres(publish_next(small).folder, database.address())
    with database.connect() as connection:
        connection.execute("create view public.mine as select * from marts.dim_agents")
        write_manifest(small, {name: COLUMNS[name] for name in ("fct_tickets", "rpt_by_agent")})
        folder = publish_next(small).folder
        (note,) = publish_to_postgres(folder, database.address()).notes
        assert "marts.dim_agents is no longer a mart" in note
        assert "view mine depends on table marts.dim_agents" in note
        assert rows(connection, "select count(*) from public.mine") == [(0,)]
        connection.execute("drop view public.mine")
        assert publish_to_postgres(folder, database.address()).notes == ()
        assert rows(connection, "select to_regclass('marts.dim_agents') is null") == [(True,)]


def test_an_open_snapshot_reads_its_own_build_to_the_end(database: Server, builds) -> None:
    publish_to_postgres(builds[0], database.address())
    with database.connect() as reader:
        reader.execute("begin isolation level repeatable read")
        counts = "select count(*) from marts.fct_tickets where priority = 'wanted'"
        assert rows(reader, counts) == [(0,)]
        for build in (builds[1], builds[0], builds[1]):
            publish_to_postgres(build, database.address())
        catalogue = json.loads((builds[0] / "catalogue.json").read_text())
        assert rows(reader, counts) == [(0,)]
        assert rows(reader, "select build_id from marts.build_log") == [(builds[0].name,)]
        for model in catalogue["models"]:
            wanted = model["rows"]
            found = rows(reader, f'select count(*) from marts."{model["name"]}"')
            assert wanted is None or found == [(wanted,)]
        reader.execute("commit")
        assert rows(reader, counts) == [(1,)]


# Far less than the 8.8 s that readers of version 0.1 waited behind a queued lock.
LONGEST_READ = 3.0


def test_readers_of_everything_neither_wait_nor_fail(database: Server, builds) -> None:
    """Four publications, while others read all marts in transactions and in random order."""
    publish_to_postgres(builds[0], database.address())
    catalogue = json.loads((builds[0] / "catalogue.json").read_text())
    names = [model["name"] for model in catalogue["models"]]
    counts = {model["name"]: model["rows"] for model in catalogue["models"]}
    stop = threading.Event()
    failures: list[Any] = []
    longest: list[float] = []
    seen: set[tuple[Any, ...]] = set()

    def read(order: list[str]) -> None:
        try:
            with database.connect() as connection:
                while not stop.is_set():
                    connection.execute("begin isolation level repeatable read")
                    logged = rows(connection, "select build_id from marts.build_log")
                    for name in order:
                        started = time.monotonic()
                        found = rows(connection, f'select count(*) from marts."{name}"')[0][0]
                        longest.append(time.monotonic() - started)
                        if counts[name] not in (None, found):
                            failures.append((name, found))
                    (wanted,) = rows(
                        connection,
                        "select count(*) from marts.fct_tickets where priority = 'wanted'",
                    )
                    seen.add((*logged, *wanted))
                    connection.execute("commit")
        except Exception as error:
            failures.append(error)

    orders = [names, names[::-1], names[20:] + names[:20]]
    readers = [threading.Thread(target=read, args=[order]) for order in orders]
    for reader in readers:
        reader.start()
    try:
        for build in (builds[1], builds[0]) * 2:
            publish_to_postgres(build, database.address())
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert failures == []
    assert seen == {((builds[0].name,), 0), ((builds[1].name,), 1)}
    assert len(longest) > 10 * len(names)
    assert max(longest) < LONGEST_READ


def test_a_role_can_only_read(database: Server, builds) -> None:
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


def test_every_role_can_read_if_public_may(database: Server, builds) -> None:
    publish_to_postgres(builds[0], database.address(), ["public"])
    with database.connect() as connection:
        granted = rows(
            connection,
            """select count(*) > 0 from information_schema.role_table_grants
            where table_schema = 'marts' and lower(grantee) = 'public'""",
        )
        assert granted == [(True,)]
        connection.execute("revoke select on all tables in schema marts from public")
        connection.execute("revoke usage on schema marts from public")


def test_a_missing_role_is_reported_before_anything_is_loaded(database: Server, builds) -> None:
    with pytest.raises(ConfigError, match=r'no such role; .*: create role "nobody_reads"'):
        publish_to_postgres(builds[0], database.address(), ["nobody_reads"])


def test_the_command_reads_the_address_from_the_environment(database, output, monkeypatch) -> None:
    monkeypatch.setenv("DESK_DATABASE", database.address())
    done = run_helpdesk("publish", "--output", output, "--to-env", "DESK_DATABASE")
    assert "tables written" in done.stdout
    assert database.password not in done.stdout + done.stderr
    shown = run_helpdesk("status", "--output", output).stdout
    assert re.search(
        r"^postgres +postgresql://loader@127\.0\.0\.1:\d+/desk: the same build$", shown, re.M
    )
    assert database.password not in OutputPaths(output).publications.read_text()


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://loader:hush@127.0.0.1:1/desk", "cannot be reached"),
        ("postgresql://loader:hush@127.0.0.1:port/desk", "cannot be re"),
        ("postgresql://loader:hush/word@[/desk", "has a character that addresses reserve"),
        ("mysql://loader:hush@127.0.0.1/desk", "is not a Postgres address"),
        ("", "is not set"),
    ],
)
def test_a_password_is_never_printed(output: Path, address: str, said: str) -> None:
    environment = os.environ | {"DESK_DATABASE": address}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "helpdesk.cli.app",
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
