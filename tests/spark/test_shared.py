"""The raw layer on shared storage: the files for the cluster, and those that are written again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import ConfigError
from helpdesk.core.settings import Settings
from helpdesk.load.changes import mark_whole
from helpdesk.load.landing import load_landing, write_build
from helpdesk.transform.engines.spark.engine import shared_folder
from helpdesk.transform.engines.spark.shared import share_load_log, share_raw
from helpdesk.transform.plan import Plan, build_state, decide
from tests.small_desk import DESK, write_desk

AS_OF = datetime(2024, 2, 1, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return write_desk(tmp_path / "landing", DESK)


@pytest.fixture
def connection(landing: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        load_landing(connection, landing)
        write_build(connection, "first", AS_OF, AS_OF)
        yield connection


def share(connection: duckdb.DuckDBPyConnection, root: Path, rewrite: bool = False) -> set[str]:
    """Share everything; returns the tables with written files."""
    tables = share_raw(connection, root, rewrite)
    return {f"{table.schema}.{table.name}" for table in tables if table.has_changed}


def rows(root: Path, table: str) -> list[tuple]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(f"from read_parquet('{root / table}/*.parquet')").fetchall()


def test_every_table_is_shared_with_its_rows(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    root = tmp_path / "shared"
    changed = share(connection, root)
    assert changed == {f"raw.{table}" for table in DESK} | {
        "landing.builds",
        "landing.files",
        "landing.tables",
    }
    for table in DESK:
        landed = connection.execute(f"from raw.{table}").fetchall()
        assert sorted(rows(root, f"raw/{table}"), key=repr) == sorted(landed, key=repr)
    ((build_id, _, as_of, previous, _version),) = rows(root, "landing/builds")
    assert (build_id, as_of, previous) == ("first", AS_OF, None)
    assert (root / "raw" / "zendesk_users").is_dir()


def test_only_changed_files_are_written(
    connection: duckdb.DuckDBPyConnection, landing: Path, tmp_path: Path
) -> None:
    root = tmp_path / "shared"
    share(connection, root)
    assert share(connection, root) == set()
    late = landing / "tickets" / "late.jsonl"
    late.parent.mkdir()
    late.write_text((landing / "tickets.jsonl").read_text().splitlines()[0] + "\n")
    before = set((root / "raw" / "tickets").iterdir())
    load_landing(connection, landing)
    assert share(connection, root) == {"raw.tickets", "landing.files", "landing.tables"}
    after = set((root / "raw" / "tickets").iterdir())
    assert before < after
    assert len(after) == 2
    os.utime(late, ns=(1, 1))
    load_landing(connection, landing)
    share(connection, root)
    assert len(set((root / "raw" / "tickets").iterdir()) & after) == 1
    late.unlink()
    load_landing(connection, landing)
    share(connection, root)
    assert set((root / "raw" / "tickets").iterdir()) == before


def test_files_of_an_interrupted_build_are_repaired(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    root = tmp_path / "shared"
    share(connection, root)
    folder = root / "raw" / "tickets"
    [file] = folder.iterdir()
    content = file.read_bytes()
    file.rename(folder / f".{file.name}")
    (folder / "other.parquet").write_bytes(content)
    assert share(connection, root) == {"raw.tickets"}
    assert list(folder.iterdir()) == [file]
    assert file.read_bytes() == content


def test_rewrite_writes_every_file_again(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    root = tmp_path / "shared"
    share(connection, root)
    [file] = (root / "raw" / "tickets").iterdir()
    file.write_bytes(b"")
    assert share(connection, root) == set()
    assert "raw.tickets" in share(connection, root, rewrite=True)
    assert len(rows(root, "raw/tickets")) == len(DESK["tickets"])


def test_only_the_load_log_is_shared_at_the_end_of_a_build(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    root = tmp_path / "shared"
    write_build(connection, "second", AS_OF, AS_OF, previous_as_of=AS_OF)
    share(connection, root)
    mark_whole(connection, build_state(connection, Settings()), "landing.revisits")
    changed = {table.name for table in share_load_log(connection, root) if table.has_changed}
    assert changed == {"builds"}
    ((_, _, _, previous, _version),) = rows(root, "landing/builds")
    assert previous is None


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    (tmp_path / "shared").write_text("")
    with pytest.raises(ConfigError, match=r"shared/raw/tickets: .*--shared"):
        share(connection, tmp_path / "shared")


@pytest.mark.parametrize(
    ("named", "words"), [("", "--target spark needs --shared"), ("s3a://bucket", "mount")]
)
def test_shared_storage_is_a_folder(named: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        shared_folder(named)


def test_after_another_engine_everything_is_modelled(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    """From DuckDB to a cluster, back, and to a cluster without the tables of the build."""
    settings = Settings()
    cluster = "Spark 4.3.0, parquet in /shared, build first"
    for before, now in (
        ("1", cluster),
        (cluster, "1"),
        (cluster, cluster.replace("first", "none")),
    ):
        mark_whole(connection, build_state(connection, settings, before), "landing.revisits")
        assert decide(connection, AS_OF, settings, False, before) == Plan(AS_OF)
        assert decide(connection, AS_OF, settings, False, now) == Plan(None, ["engine changed"])
