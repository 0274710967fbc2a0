"""The same project on a cluster: a master, two workers and a Thrift server, on the loopback address.

One cluster for all of it, and one course of events, in this order: a simulated and a random desk
beside each other in one folder, in the midst of whose build a worker is killed; refreshes of them,
by the worker that is left. After each build every mart is DuckDB's, row for row.
HELPDESK_SPARK_SEED sets which random desk it is, HELPDESK_SPARK_STEPS how many refreshes there are.
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

from helpdesk.errors import ClusterError
from helpdesk.project import DBT_PROJECT
from ingestion.simulator import simulate
from orchestration.build import Build
from orchestration.dbt_project import dbt_command, ensure_manifest, run_dbt
from orchestration.engines import engine_of
from orchestration.spark import tables
from orchestration.spark.cluster import BRIEF, Cluster, running_cluster
from orchestration.spark.models import write_views
from tests.conftest import HELPDESK, published
from tests.reference.random_desk import random_as_of, random_desk
from tests.refresh.folder import Folder

from .desks import build, differing, explained
from .readings import CASES

pytestmark = pytest.mark.slow
SEED = int(os.environ.get("HELPDESK_SPARK_SEED", "0"))
STEPS = int(os.environ.get("HELPDESK_SPARK_STEPS", "1"))
SIMULATED, RANDOM = 300, 60
# A desk lives for fifty days before its clock; the course begins in the middle of them.
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
    """The options of a build that has this cluster make the models."""
    return ["--target", "spark", "--shared", root / "shared"]


@pytest.fixture(scope="module")
def folder(root: Path) -> Folder:
    """What has landed of both desks. Neither has an id that the other has."""
    as_of = random_as_of(SEED) - timedelta(days=DAYS_BEFORE)
    simulate(SIMULATED, SEED, root / "simulated", until=as_of)
    opened = Folder(root / "landing", random_desk(SEED, RANDOM), Random(SEED), as_of)
    opened.open()
    for file in (root / "simulated").iterdir():
        table = opened.root / file.stem
        table.mkdir(exist_ok=True)
        file.rename(table / file.name)
    lands_alone(opened, "moving", "2022-06")
    return opened


def same(left: Path, right: Path) -> None:
    """Every mart of two outputs is the same, row for row and type for type."""
    assert (differing(left, right), explained(left, right)) == ({}, "")


def test_values_are_read_alike(root: Path, cluster: Cluster) -> None:
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
    """What dbt makes of templates of SQL for an engine, in a zone whose clocks change."""
    parted = "\n;;\n"
    options = ["--profiles-dir", ".", "--target-path", folder, "--target", target]
    settings = json.dumps({"report_timezone": "Europe/Berlin"})
    done = subprocess.run(
        [
            *dbt_command("compile", "--inline", parted.join(["", *templates])),
            *(str(option) for option in [*options, "--vars", settings]),
        ],
        cwd=DBT_PROJECT,
        env=os.environ | {"HELPDESK_WAREHOUSE": str(folder.with_suffix(".duckdb"))},
        capture_output=True,
        text=True,
        check=True,
    )
    # Before the first is what dbt says of itself.
    return done.stdout.split(parted)[1:]


def test_desks_are_the_same_though_a_worker_dies(
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
    assert "tickets, all there are, modelled" in said
    build(folder.root, root / "of_duckdb", folder.as_of)
    same(root / "of_spark", root / "of_duckdb")


def wait_until_tables_are_written(database: Path, building: subprocess.Popen[str]) -> None:
    """Until the build is in the midst of it."""
    while len(list(database.glob("*/*.parquet"))) < 10:
        assert building.poll() is None, building.communicate()[0]
        time.sleep(0.2)


def lands_alone(folder: Folder, ticket: str, month: str) -> None:
    """A ticket is created in a month in which no other was, and is closed since long ago."""
    created = {"ticket_id": ticket, "created_at": f"{month}-05T10:00:00Z", "status_id": "solved"}
    folder.land("tickets", [{**dict.fromkeys(folder.desk["tickets"][0]), **created}])
    closing = {"ticket_id": ticket, "field": "status", "value": "solved"}
    folder.land("ticket_field_history", [{**closing, "changed_at": "2022-11-01T10:00:00Z"}])


def parts_of(root: Path, fact: str) -> dict[str, set[str]]:
    """The files of each part of a fact. Spark never gives two files one name."""
    folders = (root / "shared" / "marts" / fact).glob("part=*")
    found = {
        folder.name[5:]: {path.name for path in folder.glob("*.parquet")} for folder in folders
    }
    return {part: files for part, files in found.items() if files}


@pytest.mark.parametrize("step", range(STEPS))
def test_a_refresh_is_what_a_full_build_gives(
    root: Path, folder: Folder, spark: list[object], step: int
) -> None:
    # None that touches a rule, or lands a table for the first time: all would be modelled.
    for happening in (Folder.tickets_change, Folder.a_message_moves, Folder.tickets_change):
        happening(folder)
    left, entered = f"2022-{step + 6:02}", f"2022-{step + 7:02}"
    lands_alone(folder, "moving", entered)
    folder.as_of += timedelta(days=1)
    before = parts_of(root, "fct_tickets")
    said = build(folder.root, root / "of_spark", folder.as_of, *spark)
    build(folder.root, root / "of_duckdb", folder.as_of, "--full-refresh")
    same(root / "of_spark", root / "of_duckdb")
    assert "modelling what changed since" in said
    assert "changed tickets modelled" in said
    after = parts_of(root, "fct_tickets")
    assert (before.keys() - after.keys(), after.keys() - before.keys()) == ({left}, {entered})


def test_tables_of_another_output_are_no_start_for_a_refresh(
    root: Path, cluster: Cluster, folder: Folder
) -> None:
    """The metastore says whose tables it has: where it is another build, the engine has changed."""
    request = Build(
        str(folder.root), str(root / "of_spark"), target="spark", shared=str(root / "shared")
    )
    own = engine_of(request).state()
    with cluster.server.session() as session:
        last = tables.marked_build(session)
        assert last in {path.name for path in (root / "of_spark" / "builds").iterdir()}
        tables.mark_build(session, "anothers")
        others = engine_of(request).state()
        tables.mark_build(session, last)
    assert (own == others, own == engine_of(request).state()) == (False, True)


def test_a_cluster_that_is_not_there_is_told_and_what_was_published_stays(
    root: Path, folder: Folder, spark: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (root / "of_spark" / "marts.duckdb").resolve()
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
    assert (root / "of_spark" / "marts.duckdb").resolve() == before
    with published(root / "of_spark") as connection:
        assert connection.execute("select count(*) > 0 from marts.fct_tickets").fetchone() == (
            True,
        )


def test_tables_of_other_formats_are_copied_for_readers(
    root: Path, cluster: Cluster, tmp_path: Path
) -> None:
    """With a format of Spark's own, for the others have to be brought along."""
    rows = "values (1, timestamp'2024-01-31 23:30:00', array(1L, 2L)), (2, null, null)"
    views = tmp_path / "views.duckdb"
    made = {
        "other": f"using orc as select * from {rows} as x (a, b, c)",
        "parts": "using parquet partitioned by (a) as select * from marts.other",
        "none": "using parquet as select * from marts.other where a > 2",
    }
    with cluster.server.session() as session:
        tables.create_databases(session, root / "shared")
        try:
            for table, select in made.items():
                session.rows(f"create table marts.{table} {select}")
            write_views(session, root / "shared", ensure_manifest(), views)
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
    assert found == {"other": expected, "parts": expected, "none": []}


def test_another_folder_is_not_taken_for_the_clusters(cluster: Cluster, tmp_path: Path) -> None:
    with cluster.server.session() as session:
        with pytest.raises(ClusterError, match=r"does not read .*: mount the folder"):
            tables.check_sight(session, tmp_path, "any")
        with pytest.raises(ClusterError, match=r"of another warehouse\. Build with --shared"):
            tables.create_databases(session, tmp_path)


def test_what_a_cluster_that_died_left_is_cleared_away(root: Path, cluster: Cluster) -> None:
    left = root / "shared" / "marts" / "half_a_table"
    (left / "_temporary").mkdir(parents=True)
    with cluster.server.session() as session:
        tables.create_databases(session, root / "shared")
        known = set((root / "shared" / "marts").iterdir()) - {left}
        tables.clear_left_behind(session, root / "shared")
    assert set((root / "shared" / "marts").iterdir()) == known


def test_a_session_of_dbts_own_sees_the_tables_once_the_cluster_has_ended(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last: nothing has the metastore open any more."""
    cluster.stop()
    monkeypatch.setenv("HELPDESK_SPARK_METASTORE", str(cluster.folder / "metastore_db"))
    run_dbt("test", "--select", "dim_statuses", "--target", "spark_session", folder=tmp_path)
    results = json.loads((tmp_path / "run_results.json").read_text())["results"]
    assert {result["status"] for result in results} == {"pass"}
