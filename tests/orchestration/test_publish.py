"""Publishing: what is written is what changed; what is served is the working warehouse, whole."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.dbt_project import mart_keys, mart_nodes
from orchestration.parts import Mart, contents
from orchestration.publish import Published, publish, rollback

# Two marts are made so large that their rows are brought up to date, not the table written anew: one
# with the durations that a clock moves, one with lists.
SPELLS, LISTS = "fct_ticket_status_spells", "rpt_time_in_status"
MANY_ROWS = 150_000

# Publishes in a process of its own. What it does to files, Python says to the hook: it kills the
# process at one of these events, or refuses one.
CHILD = """
import os, resource, signal, sys
from pathlib import Path
from helpdesk.errors import HelpdeskError
from helpdesk.paths import OutputPaths
from orchestration.publish import publish

root, build_id, kill_at, refuse, limit = sys.argv[1:]
seen = 0

def watch(event, args):
    global seen
    if event == refuse:
        raise PermissionError(event)
    if event in ("os.chmod", "os.link", "os.mkdir", "os.rename", "os.rmdir", "os.symlink"):
        seen += 1
        if seen == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

if int(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
paths = OutputPaths(Path(root))
sys.addaudithook(watch)
try:
    publish(paths, paths.manifest, build_id)
    print(seen)
except HelpdeskError as error:
    sys.exit(str(error))
"""


@pytest.fixture(scope="module")
def large(output: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder with nothing but a working warehouse, of which two marts are large."""
    built, paths = OutputPaths(output), OutputPaths(tmp_path_factory.mktemp("large"))
    paths.dbt_target.mkdir(parents=True)
    shutil.copy(built.manifest, paths.manifest)
    shutil.copy(built.warehouse, paths.warehouse)
    change(
        paths,
        f"""insert into marts.{SPELLS} by name
        select 'many:' || i as ticket_key, i as spell_number, 's' || i % 7 as status_key,
            date '2023-10-05' + i::int % 180 as entered_date, i % 3 = 0 as is_current,
            i as duration_seconds, i % 1000 as duration_business_seconds
        from range({MANY_ROWS}) numbers(i)""",
        f"""insert into marts.{LISTS} by name
        select date '2023-10-05' + i::int % 180 as report_date, 'a' || i as agent_key,
            case i % 3 when 0 then [] when 1 then [i, null] end as ended_duration_seconds_values
        from range({MANY_ROWS}) numbers(i)""",
    )
    return paths.root


@pytest.fixture
def paths(large: Path, tmp_path: Path) -> OutputPaths:
    """The same, to be changed, with one build published."""
    shutil.copytree(large, tmp_path / "output")
    paths = OutputPaths(tmp_path / "output")
    publish_next(paths)
    return paths


def change(paths: OutputPaths, *statements: str) -> None:
    with duckdb.connect(paths.warehouse) as work:
        for statement in statements:
            work.execute(statement)


def publish_next(paths: OutputPaths) -> Published:
    return publish(paths, paths.manifest, next_id(paths))


def next_id(paths: OutputPaths) -> str:
    """An id after those of all builds, as those of later times are."""
    names = [path.stem for path in paths.builds.glob("*")] if paths.builds.exists() else []
    return f"{int(max(names, default='0')) + 1:08}"


def publish_apart(
    paths: OutputPaths, kill_at: int = 0, refuse: str = "", limit: int = 0
) -> subprocess.CompletedProcess[str]:
    args = [paths.root, next_id(paths), kill_at, refuse, limit]
    return subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, args)], capture_output=True, text=True, check=False
    )


def assert_serves_the_working_warehouse(paths: OutputPaths) -> None:
    """Every mart, in the file and as Parquet: columns, types, rows and comments."""
    catalogue = json.loads((paths.root / "catalogue.json").read_text())
    files = {model["name"]: model["parquet"]["files"] for model in catalogue["models"]}
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.warehouse}' as work (read_only)")
        connection.execute(f"attach '{paths.published}' as published (read_only)")
        for database in ("work", "published"):
            tables = connection.execute(
                "select table_name from duckdb_tables() where database_name = ? and schema_name = 'marts'",
                [database],
            ).fetchall()
            assert {name for (name,) in tables} == set(files)
        for name, pattern in files.items():
            work = f"work.marts.{name}"
            for copy in (f"published.marts.{name}", f"'{paths.root / pattern}'"):
                assert described(connection, copy) == described(connection, work), copy
                for one, other in ((work, copy), (copy, work)):
                    only = f"(from {one} except all from {other})"
                    assert connection.execute(f"from {only} limit 1").fetchall() == [], (one, other)
        commented = connection.execute(
            """select table_name, column_name, comment from duckdb_columns()
            where database_name = 'published' union all
            select table_name, '', comment from duckdb_tables() where database_name = 'published'"""
        ).fetchall()
    comments = {(table, column): comment for table, column, comment in commented}
    for node in mart_nodes(paths.manifest):
        for column, properties in [("", node), *node["columns"].items()]:
            if (node["name"], column) in comments:
                assert comments[node["name"], column] == properties["description"].strip()


def described(connection: duckdb.DuckDBPyConnection, relation: str) -> list[tuple[str, str]]:
    found = connection.execute(f"describe from {relation}").fetchall()
    return [(name, kind) for name, kind, *_ in found]


def inodes(paths: OutputPaths) -> dict[str, int]:
    folder = paths.current.resolve() / "parquet"
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in folder.rglob("*.parquet")
    }


def served(paths: OutputPaths, sql: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute(f"attach '{paths.published}' as served (read_only)")
        return connection.execute(sql).fetchall()


def written(paths: OutputPaths, before: dict[str, int]) -> set[str]:
    return {name for name, inode in inodes(paths).items() if before.get(name) != inode}


def test_a_first_build_is_cut_by_month_and_read_only(paths: OutputPaths) -> None:
    assert_serves_the_working_warehouse(paths)
    catalogue = json.loads((paths.root / "catalogue.json").read_text())
    models = {model["name"]: model["parquet"] for model in catalogue["models"]}
    assert models[SPELLS] == {
        "files": f"parquet/{SPELLS}/*.parquet",
        "months_of": "entered_date",
        "open_rows": "is_current",
    }
    assert models["dim_agents"] == {"files": "parquet/dim_agents.parquet"}
    for parquet in models.values():
        if column := parquet.get("months_of"):
            apart = parquet.get("open_rows", "false")
            months = duckdb.execute(
                f"""select distinct parse_filename(filename, true),
                    case when {apart} then 'open'
                        else coalesce(strftime({column}, '%Y-%m'), 'undated') end
                from read_parquet('{paths.root / parquet["files"]}', filename = true)"""
            ).fetchall()
            assert all(file == month for file, month in months)
    files = [path for path in paths.current.resolve().rglob("*.*") if path.suffix != ".json"]
    assert {path.stat().st_mode & 0o222 for path in files if path.is_file()} == {0}


def test_facts_and_reports_are_published_by_month(paths: OutputPaths) -> None:
    for node in mart_nodes(paths.manifest):
        declared = node["config"]["meta"].get("published_by", [])
        is_cut = any(column in node["columns"] for column in declared)
        layer = node["fqn"][2]
        assert is_cut == (
            node["name"].startswith("fct_") or layer in ("reports", "service", "custom")
        )
        assert mart_keys(paths.manifest)[node["name"]]


def test_nothing_is_written_where_nothing_has_changed(paths: OutputPaths) -> None:
    before = inodes(paths)
    again = publish_next(paths)
    assert (again.parts_written, again.parts_reused) == (0, len(before))
    assert inodes(paths) == before
    assert_serves_the_working_warehouse(paths)


def test_what_changes_is_written_and_nothing_else(paths: OutputPaths) -> None:
    before = inodes(paths)
    change(
        paths,
        f"update marts.{SPELLS} set status_key = 'new' where spell_number = 100",
        "update marts.dim_agents set name = 'Anna' where name = 'Ann'",
    )
    done = publish_next(paths)
    assert written(paths, before) == {f"{SPELLS}/2024-01.parquet", "dim_agents.parquet"}
    assert (done.parts_written, done.parts_reused) == (2, len(before) - 2)
    assert_serves_the_working_warehouse(paths)


def test_a_row_that_moves_to_another_month_leaves_the_one_it_was_in(paths: OutputPaths) -> None:
    before = inodes(paths)
    change(
        paths,
        f"update marts.{SPELLS} set entered_date = null where entered_date < '2023-11-01' and not is_current",
    )
    publish_next(paths)
    assert written(paths, before) == {f"{SPELLS}/undated.parquet"}
    assert before.keys() - inodes(paths).keys() == {f"{SPELLS}/2023-10.parquet"}
    assert_serves_the_working_warehouse(paths)


def test_a_clock_that_moves_many_rows_changes_them_in_place(paths: OutputPaths) -> None:
    order = f"select ticket_key from served.marts.{SPELLS} order by rowid"
    before = served(paths, order)
    change(
        paths,
        f"update marts.{SPELLS} set duration_seconds = duration_seconds + 60 where is_current",
    )
    publish_next(paths)
    assert served(paths, order) == before
    assert_serves_the_working_warehouse(paths)
    # Those that differ otherwise are taken out and put in again, behind the rest.
    change(
        paths,
        f"update marts.{SPELLS} set duration_seconds = duration_seconds + 60 where is_current",
        f"update marts.{SPELLS} set is_current = false, status_key = 'x' where ticket_key = 'many:3'",
    )
    publish_next(paths)
    moved = ("many:3",)
    assert served(paths, order) == [row for row in before if row != moved] + [moved]
    assert_serves_the_working_warehouse(paths)


@pytest.mark.parametrize("seed", range(3))
def test_any_change_is_published(paths: OutputPaths, seed: int) -> None:
    draw = random.Random(seed)
    for _ in range(5):
        before = inodes(paths)
        with duckdb.connect(paths.warehouse) as work:
            changed = {random_change(work, draw) for _ in range(draw.randint(1, 4))}
        done = publish_next(paths)
        assert_serves_the_working_warehouse(paths)
        assert done.parts_written + done.parts_reused == len(inodes(paths))
        touched = {Path(name).parts[0].removesuffix(".parquet") for name in written(paths, before)}
        assert touched <= changed


def random_change(work: duckdb.DuckDBPyConnection, draw: random.Random) -> str:
    """Changes some mart in some way; returns its name."""
    marts = work.execute("select table_name from duckdb_tables() where schema_name = 'marts'")
    mart = draw.choice([*(name for (name,) in marts.fetchall()), *[SPELLS, LISTS] * 20])
    described = work.execute(f"describe marts.{mart}").fetchall()
    column, kind = draw.choice([(name, kind) for name, kind, *_ in described])
    some = f"hash(rowid) % {draw.choice([1, 2, 5, 200, 10_000])} = 0"
    other = {
        "BIGINT": f"coalesce({column}, 0) + 1",
        "BIGINT[]": f"case when {column} is null then [] when {column} = [] then [null] end",
        "BOOLEAN": f"not coalesce({column}, false)",
        "DATE": f"{column} + 20",
        "DOUBLE": f"coalesce({column}, 0) + 0.5",
        "TIMESTAMP": f"{column} + interval 90 seconds",
        "VARCHAR": f"{column} || '.'",
    }[kind]
    statements = {
        f"update marts.{mart} set {column} = {other} where {some}": 6,
        f"update marts.{mart} set {column} = null where {some}": 2,
        f"delete from marts.{mart} where {some}": 2,
        # Rows that are alike, which no key tells apart.
        f"insert into marts.{mart} from marts.{mart} where {some}": 2,
        f'alter table marts.{mart} add column "more {draw.random()}" bigint default 7': 1,
        f"alter table marts.{mart} alter {column} type varchar": 1 if kind == "BOOLEAN" else 0,
    }
    (statement,) = draw.choices(list(statements), list(statements.values()))
    work.execute(statement)
    return mart


def test_marts_come_and_go_with_the_manifest(paths: OutputPaths) -> None:
    manifest = json.loads(paths.manifest.read_text())
    gone = {key for key, node in manifest["nodes"].items() if node["name"] in (SPELLS, "dim_dates")}
    described = json.loads(paths.manifest.read_text())
    described["nodes"] = {
        key: node
        for key, node in manifest["nodes"].items()
        if key not in gone and node.get("attached_node") not in gone
    }
    for node in described["nodes"].values():
        if node["name"] == "dim_agents":
            node["columns"]["name"]["description"] = "What they are called."
    paths.manifest.write_text(json.dumps(described))
    before = inodes(paths)
    publish_next(paths)
    assert served(paths, "from duckdb_tables() where table_name = 'dim_dates'") == []
    assert written(paths, before) == set()
    comment = "select comment from duckdb_columns() where table_name = 'dim_agents' and column_name = 'name'"
    assert served(paths, comment) == [("What they are called.",)]
    paths.manifest.write_text(json.dumps(manifest))
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)


def spoilt_parquet(build: Path) -> None:
    file = build / "parquet" / "dim_agents.parquet"
    file.chmod(0o644)
    duckdb.execute(f"copy (select 'spoilt' as agent_key) to '{file}' (format parquet)")


def spoilt_file(build: Path) -> None:
    (build / "marts.duckdb").chmod(0o644)
    with duckdb.connect(build / "marts.duckdb") as connection:
        connection.execute("delete from marts.marts.dim_agents")


def another_version(build: Path) -> None:
    record = json.loads((build / "parts.json").read_text())
    (build / "parts.json").write_text(json.dumps({**record, "duckdb": "0.0.1"}))


def half_a_record(build: Path) -> None:
    record = (build / "parts.json").read_text()
    (build / "parts.json").write_text(record[: len(record) // 2])


def no_record(build: Path) -> None:
    (build / "parts.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "parts"),
    [
        (spoilt_parquet, 1),
        (spoilt_file, 0),
        (another_version, None),
        (half_a_record, None),
        (no_record, None),
    ],
)
def test_what_is_not_as_it_was_published_is_written_again(paths, spoil, parts) -> None:
    spoil(paths.current.resolve())
    done = publish_next(paths)
    assert done.parts_written == (parts if parts is not None else len(inodes(paths)))
    assert_serves_the_working_warehouse(paths)


def test_a_file_that_has_grown_is_written_afresh(paths: OutputPaths) -> None:
    record = paths.current.resolve() / "parts.json"
    fresh = json.loads(record.read_text())["fresh_bytes"]
    assert fresh == paths.published.stat().st_size
    record.write_text(json.dumps({**json.loads(record.read_text()), "fresh_bytes": fresh // 2}))
    publish_next(paths)
    record = paths.current.resolve() / "parts.json"
    assert json.loads(record.read_text())["fresh_bytes"] == paths.published.stat().st_size
    assert_serves_the_working_warehouse(paths)


def test_a_file_stays_small_whatever_comes_and_goes(paths: OutputPaths) -> None:
    fresh = paths.published.stat().st_size
    for turn in range(5):
        change(
            paths,
            f"update marts.{SPELLS} set ticket_key = ticket_key || {turn} where spell_number % 3 = 0",
        )
        publish_next(paths)
        # Half as large again is when it is written afresh: what came in between is on top.
        assert paths.published.stat().st_size < 2 * fresh
    assert_serves_the_working_warehouse(paths)


def test_an_older_build_that_is_served_again_does_not_confuse_the_next(paths: OutputPaths) -> None:
    change(paths, f"delete from marts.{SPELLS} where spell_number % 4 = 0")
    publish_next(paths)
    rollback(paths)
    change(paths, f"update marts.{SPELLS} set status_key = 'later' where spell_number % 5 = 0")
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)


def test_builds_that_are_pruned_take_no_file_from_those_that_stay(paths: OutputPaths) -> None:
    before = inodes(paths)
    for turn in range(4):
        change(paths, f"update marts.dim_agents set name = '{turn}' where name <> '{turn}'")
        publish_next(paths)
    assert len(list(paths.builds.iterdir())) == 3
    assert written(paths, before) == {"dim_agents.parquet"}
    assert_serves_the_working_warehouse(paths)


def test_where_files_cannot_be_linked_they_are_copied(paths: OutputPaths) -> None:
    before = inodes(paths)
    done = publish_apart(paths, refuse="os.link")
    assert done.returncode == 0, done.stderr
    assert written(paths, before) == set(before)
    assert_serves_the_working_warehouse(paths)


def test_a_build_that_is_killed_leaves_the_last_one_served(
    paths: OutputPaths, tmp_path: Path
) -> None:
    update = f"update marts.{SPELLS} set status_key = 'next' where spell_number % 9 = 0"
    shutil.copytree(paths.root, tmp_path / "whole", symlinks=True)
    whole = OutputPaths(tmp_path / "whole")
    change(whole, update)
    done = publish_apart(whole)
    events = int(done.stdout)
    before = served(paths, f"from served.marts.{SPELLS} order by all")
    after = served(whole, f"from served.marts.{SPELLS} order by all")
    assert before != after
    change(paths, update)
    # At the first folder, among the parts, before and after the file is closed, at each rename.
    for kill_at in (1, events // 2, *range(events - 4, events + 1)):
        killed = publish_apart(paths, kill_at=kill_at)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert served(paths, f"from served.marts.{SPELLS} order by all") in (before, after)
    publish_next(paths)
    assert not list(paths.builds.glob("*.partial"))
    assert_serves_the_working_warehouse(paths)


def test_a_file_that_may_not_grow_leaves_the_last_build_served(paths: OutputPaths) -> None:
    before = paths.current.readlink()
    change(paths, f"update marts.{SPELLS} set status_key = 'next' where spell_number % 9 = 0")
    failed = publish_apart(paths, limit=paths.published.stat().st_size // 2)
    assert "cannot be written" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)


@pytest.fixture
def small_disk(large: Path, tmp_path: Path) -> Iterator[OutputPaths]:
    """An output folder whose builds are on a disk of 32 MB; needs the right to mount one."""
    paths = OutputPaths(tmp_path / "output")
    shutil.copytree(large, paths.root)
    paths.builds.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(paths.builds)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no right to mount a small disk")
    yield paths
    subprocess.run(["umount", str(paths.builds)], check=True)


def test_a_full_disk_leaves_the_last_build_served(small_disk: OutputPaths) -> None:
    paths = small_disk
    publish_next(paths)
    before = paths.current.readlink()
    room = shutil.disk_usage(paths.builds).free
    (paths.builds / ".ballast").write_bytes(bytes(room - 1_000_000))
    change(paths, f"update marts.{SPELLS} set status_key = 'next' where spell_number % 9 = 0")
    with pytest.raises(HelpdeskError, match="the new build cannot be written"):
        publish_next(paths)
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])
    (paths.builds / ".ballast").unlink()
    publish_next(paths)
    assert_serves_the_working_warehouse(paths)


READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for _ in sys.stdin:
    print(connection.execute(sys.argv[2]).fetchone()[0], flush=True)
"""


def test_a_reader_keeps_the_rows_it_opened(paths: OutputPaths) -> None:
    total = f"select sum(duration_seconds)::bigint from marts.marts.{SPELLS}"
    ((before,),) = served(paths, total.replace("marts.marts", "served.marts"))
    command = [sys.executable, "-c", READER, str(paths.published), total]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        assert reader.stdin
        assert reader.stdout

        def read() -> int:
            reader.stdin.write("\n")
            reader.stdin.flush()
            return int(reader.stdout.readline())

        assert read() == before
        for _ in range(4):
            change(paths, f"update marts.{SPELLS} set duration_seconds = duration_seconds + 1")
            publish_next(paths)
            assert read() == before
    assert_serves_the_working_warehouse(paths)


ALIKE = {
    "null and an empty list": ("int[]", ["null"], ["[]"]),
    "an empty list and one with a null": ("int[]", ["[]"], ["[null]"]),
    "nulls in a list": ("int[]", ["[null, 1]"], ["[1, null]"]),
    "lists of lists": ("int[][]", ["[[1], [2]]"], ["[[1, 2]]"]),
    "structs": ("struct(a int, b int)", ["{'a': 1, 'b': null}"], ["{'a': null, 'b': 1}"]),
    "an empty text and null": ("varchar", ["''"], ["null"]),
    "a row twice": ("int", ["1", "1", "2"], ["1", "2", "2"]),
    "rows that cancel out": ("int", ["1", "1"], ["2", "2"]),
}


@pytest.mark.parametrize("name", ALIKE)
def test_contents_differ_where_rows_do(name: str) -> None:
    kind, *both = ALIKE[name]
    found = []
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work; create schema work.marts")
        for values in both:
            listed = ", ".join(f"({value}::{kind})" for value in values)
            connection.execute(
                f"create or replace table work.marts.m as from (values {listed}) v(c)"
            )
            (described,) = connection.execute("describe work.marts.m").fetchall()
            found.append(contents(connection, "work", Mart("m", {"c": described[1]}, None, {})))
    assert found[0] != found[1]


def test_a_value_that_two_rows_swap_changes_both_checksums() -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as work; create schema work.marts")
        mart = Mart("m", {"a": "INTEGER", "b": "INTEGER"}, None, {})
        for values in ("(1, 10), (2, 20)", "(1, 20), (2, 10)"):
            connection.execute(
                f"create or replace table work.marts.m as from (values {values}) v(a, b)"
            )
            mart.parts[values] = contents(connection, "work", mart)["whole"]
    one, other = mart.parts.values()
    assert one.hash_sum != other.hash_sum
    assert one.hash_xor != other.hash_xor
