"""`helpdesk export`: the published marts as Parquet, complete at any time."""

import json
from pathlib import Path

import duckdb
import pytest

from helpdesk.core.errors import ConfigError
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.parquet import export_parquet
from tests.conftest import run_helpdesk
from tests.orchestration.publishing.warehouse import ROWS, change, publish_next


def rows(folder: Path, mart: str) -> int:
    ((found,),) = duckdb.execute(f"select count(*) from '{folder}/{mart}/*.parquet'").fetchall()
    return found


def test_tables_are_exported_and_reports_on_request(paths: OutputPaths) -> None:
    build = paths.current.resolve()
    done = export_parquet(build, paths.parquet)
    assert (done.marts, done.rows) == (2, ROWS + 50)
    assert sorted(path.name for path in paths.parquet.iterdir()) == [
        "catalogue.json",
        "dim_agents",
        "fct_tickets",
    ]
    catalogue = json.loads((paths.parquet / "catalogue.json").read_text())
    for model in catalogue["models"]:
        files = paths.parquet / model["files"]
        assert duckdb.execute(f"select count(*) from '{files}'").fetchone() == (model["rows"],)
    assert "files" not in json.loads((build / "catalogue.json").read_text())["models"][0]
    assert export_parquet(build, paths.parquet, with_reports=True).marts == 3
    assert rows(paths.parquet, "rpt_by_agent") == 50


def test_a_large_mart_is_several_files_and_its_rows_are_all_there(
    paths: OutputPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpdesk.publish.parquet.FILE_SIZE", "file_size_bytes '200KB'")
    export_parquet(paths.current.resolve(), paths.parquet)
    assert len(list((paths.parquet / "fct_tickets").iterdir())) > 1
    assert rows(paths.parquet, "fct_tickets") == ROWS
    assert [path.name for path in (paths.parquet / "dim_agents").iterdir()] == ["data_0.parquet"]


def test_an_export_stays_for_its_readers_until_the_next_but_one(paths: OutputPaths) -> None:
    export_parquet(paths.current.resolve(), paths.parquet)
    first = paths.parquet.resolve()
    change(paths, "delete from marts.dim_agents where agent_key = 'a1'")
    publish_next(paths)
    assert rows(paths.parquet, "dim_agents") == 50
    for _ in range(2):
        assert rows(first, "dim_agents") == 50
        export_parquet(paths.current.resolve(), paths.parquet)
        assert rows(paths.parquet, "dim_agents") == 49
    assert not first.exists()


def test_an_export_that_fails_leaves_the_last_one(
    paths: OutputPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_parquet(paths.current.resolve(), paths.parquet)
    before = paths.parquet.readlink()
    monkeypatch.setattr("helpdesk.publish.parquet.OPTIONS", "format nothing")
    with pytest.raises(duckdb.Error):
        export_parquet(paths.current.resolve(), paths.parquet)
    assert paths.parquet.readlink() == before
    assert not list(paths.root.glob(".parquet.*.partial"))


def test_a_folder_that_is_not_an_export_is_left_alone(paths: OutputPaths, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match="is not an export"):
        export_parquet(paths.current.resolve(), tmp_path / "mine")


def test_the_command(paths: OutputPaths, tmp_path: Path) -> None:
    done = run_helpdesk("export", "--output", paths.root)
    assert f"2 marts as Parquet, {ROWS + 50:,} rows" in done.stdout
    run_helpdesk("export", "--output", paths.root, "--to", tmp_path / "lake", "--with-reports")
    assert rows(tmp_path / "lake", "rpt_by_agent") == 50
    nothing = run_helpdesk("export", "--output", tmp_path / "none", check=False)
    assert (nothing.returncode, (tmp_path / "none").exists()) == (2, False)
    assert "nothing is published here" in nothing.stderr
