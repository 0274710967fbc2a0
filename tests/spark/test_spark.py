"""The same project on a cluster: a master, two workers and a Thrift server, on the loopback address.

All tests use one cluster and run in order: a build of a simulated and a random desk in one folder,
during which a worker is killed, then refreshes with the remaining worker. After each build every
mart equals DuckDB's, row for row. Builds on a cluster take minutes, so what needs one is long.
HELPDESK_SPARK_SEED chooses the random desk, and HELPDESK_SPARK_STEPS the number of refreshes.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import duckdb
import pytest

from helpdesk.core.build import Build
from helpdesk.core.errors import ClusterError, GateError
from helpdesk.simulator import simulate
from helpdesk.transform.dbt_results import Outcome, failing_rows, read_results, what_failed
from helpdesk.transform.engines.factory import engine_of
from helpdesk.transform.engines.spark import tables
from helpdesk.transform.engines.spark.cluster import BRIEF, Cluster, running_cluster
from helpdesk.transform.engines.spark.models import write_views
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import read_manifest
from helpdesk.transform.runner import run_dbt
from tests.conftest import HELPDESK, published
from tests.reference.random_desk import random_as_of, random_desk
from tests.refresh.folder import Folder

from .desks import build, differences
from .readings import CASES

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("HELPDESK_SPARK_SEED", "0"))
STEPS = int(os.environ.get("HELPDESK_SPARK_STEPS", "1"))
SIMULATED, RANDOM = 300, 60
# A desk has events in the fifty days before its as_of, and the test starts in the middle of them.
DAYS_BEFORE = 30


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spark")


@pytest.fixture(scope="module")
def cluster(root: Path) -> Iterator[Cluster]:
    starting = running_cluster(root / "cluster", java_options=BRIEF)
    with pytest.MonkeyPatch.context() as patch, starting as running:
        for name, value in running.environment.items():
            patch.setenv(name, value)
        yield running


@pytest.fixture(scope="module")
def spark(root: Path, cluster: Cluster) -> list[object]:
    """The options of a build on this cluster."""
    return ["--target", "spark", "--shared", root / "shared"]


@pytest.fixture(scope="module")
def folder(root: Path) -> Folder:
    """A landing folder with both desks, which have different ids."""
    as_of = random_as_of(SEED) - timedelta(days=DAYS_BEFORE)
    simulate(SIMULATED, SEED, root / "simulated", until=as_of)
    opened = Folder(root / "landing", random_desk(SEED, RANDOM), Random(SEED), as_of)
    opened.open()
    for file in (root / "simulated").iterdir():
        table = opened.root / file.stem
        table.mkdir(exist_ok=True)
        file.rename(table / file.name)
    return opened


def test_both_engines_read_values_alike(root: Path, cluster: Cluster) -> None:
    read = {}
    for target in ("duckdb", "spark"):
        queries = compiled([case.sql() for case in CASES], root / target, target)
        read[target] = dict(zip([case.name for case in CASES], queries, strict=True))
    with duckdb.connect() as connection, cluster.server.session() as session:
        connection.execute("set timezone = 'UTC'")
        for case in CASES:
            of_duckdb = connection.execute(read["duckdb"][case.name]).fetchall()
            of_spark = session.rows(read["spark"][case.name])
            assert of_duckdb, case.name
            assert sorted(of_duckdb, key=repr) == sorted(of_spark, key=repr), case.name


def compiled(templates: list[str], folder: Path, target: str) -> list[str]:
    """The SQL of templates for an engine, compiled by dbt, in a zone with clock changes."""
    parted = "\n;;\n"
    options = ["--target", target, "--vars", json.dumps({"report_timezone": "Europe/Berlin"})]
    # Of the files that dbt opens.
    (folder / ".work").mkdir(parents=True)
    text = parted.join(templates)
    run_dbt("compile", "--inline", text, *options, folder=folder, warehouse=folder)
    [result] = read_results(folder)
    return result.compiled_code.split(parted)


@pytest.mark.long
def test_marts_are_equal_after_a_worker_dies(
    root: Path, cluster: Cluster, folder: Folder, spark: list[object]
) -> None:
    options = ["--as-of", folder.as_of.isoformat(), *map(str, spark)]
    with subprocess.Popen(
        [HELPDESK, "build", "--landing", folder.root, "--output", root / "of_spark", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as building:
        wait_until_tables_are_written(root / "shared" / "intermediate", building)
        cluster.kill("worker-1")
        assert building.poll() is None
        said = building.communicate(timeout=900)[0]
    assert building.returncode == 0, said
    assert "tickets, all of them" in said
    build(folder.root, root / "of_duckdb", folder.as_of)
    assert differences(root / "of_spark", root / "of_duckdb") == []


def wait_until_tables_are_written(database: Path, building: subprocess.Popen[str]) -> None:
    """Wait until the build runs models."""
    while len(list(database.glob("*/*.parquet"))) < 10:
        assert building.poll() is None, building.communicate()[0]
        time.sleep(0.2)


@pytest.mark.parametrize("step", range(STEPS))
@pytest.mark.long
def test_a_refresh_equals_that_of_duckdb(
    root: Path, folder: Folder, spark: list[object], step: int
) -> None:
    """A refresh with DuckDB equals a full build, which tests/refresh checks."""
    # No change of a rule or of the set of tables, which would cause a full build.
    for happening in (Folder.tickets_change, Folder.a_message_moves, Folder.tickets_change):
        happening(folder)
    folder.as_of += timedelta(days=1)
    for output, options in (("of_duckdb", []), ("of_spark", spark)):
        said = build(folder.root, root / output, folder.as_of, *options)
        assert "running dbt on what changed since" in said
        assert "changed tickets" in said
    assert differences(root / "of_spark", root / "of_duckdb") == []
    left = [path.name for path in (root / "shared" / "marts").iterdir() if "__" in path.name]
    assert left == []


@pytest.mark.long
def test_tables_of_another_output_cause_a_full_build(
    root: Path, cluster: Cluster, folder: Folder
) -> None:
    """The metastore names the build of its tables. Another build counts as a changed engine."""
    request = Build(
        str(folder.root), str(root / "of_spark"), target="spark", shared=str(root / "shared")
    )
    own = engine_of(request).state()
    with cluster.server.session() as session:
        last = tables.marked_build(session)
        assert last in {path.name for path in (root / "of_spark" / "builds").iterdir()}
        tables.mark_build(session, "of another")
        others = engine_of(request).state()
        tables.mark_build(session, last)
    assert (own == others, own == engine_of(request).state()) == (False, True)


@pytest.mark.long
def test_a_missing_cluster_is_reported_and_the_published_build_stays(
    root: Path, folder: Folder, spark: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (root / "of_spark" / "helpdesk.duckdb").resolve()
    monkeypatch.setenv("HELPDESK_SPARK_PORT", "1")
    done = subprocess.run(
        [
            HELPDESK,
            "build",
            "--landing",
            folder.root,
            "--output",
            root / "of_spark",
            *map(str, spark),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == ClusterError.exit_code
    assert "no Spark Thrift server answers at 127.0.0.1:1" in done.stderr
    assert (root / "of_spark" / "helpdesk.duckdb").resolve() == before
    with published(root / "of_spark") as connection:
        assert connection.execute("select count(*) > 0 from marts.fct_tickets").fetchone() == (
            True,
        )


def test_tables_of_other_formats_are_copied_for_readers(
    root: Path, cluster: Cluster, tmp_path: Path
) -> None:
    """With a format that Spark includes, because others need additional packages."""
    rows = "values (1, timestamp'2024-01-31 23:30:00', array(1L, 2L)), (2, null, null)"
    views = tmp_path / "views.duckdb"
    made = {
        "other": f"using orc as select * from {rows} as x (a, b, c)",
        "same": "using parquet as select * from marts.other",
        "none": "using parquet as select * from marts.other where a > 2",
    }
    with cluster.server.session() as session:
        tables.create_databases(session, root / "shared")
        try:
            for table, select in made.items():
                session.rows(f"create table marts.{table} {select}")
            write_views(session, root / "shared", read_manifest(ensure_manifest()), views)
            with duckdb.connect(views, read_only=True) as connection:
                found = {
                    table: connection.execute(
                        f"select a, b, c from marts.{table} order by a"
                    ).fetchall()
                    for table in made
                }
        finally:
            for table in made:
                session.rows(f"drop table if exists marts.{table}")
    expected = [(1, datetime(2024, 1, 31, 23, 30), [1, 2]), (2, None, None)]
    assert found == {"other": expected, "same": expected, "none": []}


def test_another_folder_is_rejected(cluster: Cluster, tmp_path: Path) -> None:
    with cluster.server.session() as session:
        with pytest.raises(ClusterError, match=r"cannot read .*: mount the folder"):
            tables.check_sight(session, tmp_path, "any")
        with pytest.raises(ClusterError, match=r"to another warehouse\. Build with --shared"):
            tables.create_databases(session, tmp_path)


@pytest.mark.long
def test_folders_of_a_failed_cluster_are_deleted(root: Path, cluster: Cluster) -> None:
    left = root / "shared" / "marts" / "half_a_table"
    (left / "_temporary").mkdir(parents=True)
    with cluster.server.session() as session:
        tables.create_databases(session, root / "shared")
        known = set((root / "shared" / "marts").iterdir()) - {left}
        tables.clear_left_behind(session, root / "shared")
    assert set((root / "shared" / "marts").iterdir()) == known


@pytest.mark.long
def test_a_failed_gate_is_reported_with_its_rows(
    root: Path, cluster: Cluster, folder: Folder, tmp_path: Path
) -> None:
    """A constraint of a written table, and a test. The tables cannot be used afterwards."""
    request = Build(
        str(folder.root), str(root / "of_spark"), target="spark", shared=str(root / "shared")
    )
    engine = engine_of(request)
    broken = {
        "intermediate.int_statuses_valid": "* except (state), 'odd' as state",
        "intermediate.int_changed_tickets": "*",
    }
    with cluster.server.session() as session:
        for table, columns in broken.items():
            session.rows(f"create table {table}_broken as select {columns} from {table}")
            session.rows(f"insert into {table}_broken by name select {columns} from {table}")
            session.rows(f"drop table {table}")
            session.rows(f"alter table {table}_broken rename to {table}")
    selected = ["--select", "dim_statuses", "keys_are_unique"]
    with pytest.raises(RuntimeError):
        run_dbt("build", *selected, *engine.dbt_arguments(), folder=tmp_path)
    failed = what_failed(tmp_path)
    assert isinstance(failed, GateError)
    constraint, test = sorted(str(failed).splitlines()[1:])
    assert constraint.strip() == (
        "dim_statuses: CHECK constraint failed: dim_statuses.status_state_is_known"
    )
    assert test.strip() == "keys_are_unique"
    rows = failing_rows(tmp_path, engine.connect)
    assert rows
    assert any("mart=int_changed_tickets, repeated_key=" in row for row in rows)


@pytest.mark.long
def test_a_spark_session_of_dbt_sees_the_tables_after_the_cluster_has_ended(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last test, because nothing has the metastore open any more."""
    cluster.stop()
    monkeypatch.setenv("HELPDESK_SPARK_METASTORE", str(cluster.folder / "metastore_db"))
    selected = ["--select", "rpt_insights_expressions_are_true", "--target", "spark_session"]
    run_dbt("test", *selected, folder=tmp_path)
    assert [result.outcome for result in read_results(tmp_path)] == [Outcome.PASSED]
