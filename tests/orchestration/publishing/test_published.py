"""The published file: the candidate's marts, complete and readable under any database name."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from helpdesk.core import files
from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from tests.orchestration.publishing.warehouse import (
    COLUMNS,
    ROWS,
    assert_serves_the_candidate,
    change,
    publish_next,
    served,
    write_manifest,
)


def test_a_build_is_the_candidate_with_comments(paths: OutputPaths) -> None:
    assert_serves_the_candidate(paths)
    build = paths.current.resolve()
    assert sorted(path.name for path in build.iterdir()) == ["catalogue.json", "helpdesk.duckdb"]
    assert (build / "helpdesk.duckdb").stat().st_mode & 0o222 == 0
    assert not list(paths.work.glob("*.wal"))


def test_a_direct_connection_needs_no_attach(paths: OutputPaths) -> None:
    assert served(paths, "select count(*) from marts.fct_tickets") == [(ROWS,)]
    assert served(paths, "select sum(tickets) from marts.rpt_by_agent") == [(ROWS,)]
    assert served(paths, "show tables") == [(mart,) for mart in sorted(COLUMNS)]
    assert served(paths, "select count(*) from rpt_by_agent") == [(50,)]


@pytest.mark.parametrize("name", ["desk", "marts2", "some desk"])
def test_a_view_is_read_under_any_name_of_the_database(paths: OutputPaths, name: str) -> None:
    copy = shutil.copy(paths.published, paths.root / f"{name}.duckdb")
    query = "select sum(tickets) from {}marts.rpt_by_agent"
    with duckdb.connect(copy, read_only=True) as connection:
        assert connection.execute(query.format("")).fetchall() == [(ROWS,)]
    with duckdb.connect() as connection:
        connection.execute(f"attach '{copy}' as \"{name}\" (read_only)")
        assert connection.execute(query.format(f'"{name}".')).fetchall() == [(ROWS,)]


def test_the_catalogue_has_tables_with_rows_and_views_without(paths: OutputPaths) -> None:
    catalogue = json.loads((paths.root / "catalogue.json").read_text())
    assert {model["name"]: (model["kind"], model["rows"]) for model in catalogue["models"]} == {
        "fct_tickets": ("table", ROWS),
        "dim_agents": ("table", 50),
        "rpt_by_agent": ("view", None),
    }


def test_changes_are_published(paths: OutputPaths) -> None:
    change(
        paths,
        "update marts.dim_agents set name = 'Ann' where agent_key = 'a1'",
        "create or replace view marts.rpt_by_agent as "
        "select agent_key, count(*) + 1 as tickets from marts.fct_tickets group by agent_key",
    )
    done = publish_next(paths)
    assert (done.marts, done.rows) == (3, {"fct_tickets": ROWS, "dim_agents": 50})
    assert served(paths, "select name from dim_agents where agent_key = 'a1'") == [("Ann",)]
    assert_serves_the_candidate(paths)


def test_a_column_that_changes_is_seen_in_main_too(paths: OutputPaths) -> None:
    change(paths, "alter table marts.dim_agents add column is_active boolean default true")
    columns = COLUMNS["dim_agents"] | {"is_active": "boolean"}
    write_manifest(paths, COLUMNS | {"dim_agents": columns})
    publish_next(paths)
    assert served(paths, "select count(*) from dim_agents where is_active") == [(50,)]


def test_a_mart_without_a_model_goes_and_one_without_a_table_fails(paths: OutputPaths) -> None:
    write_manifest(paths, {name: COLUMNS[name] for name in ("fct_tickets", "rpt_by_agent")})
    publish_next(paths)
    assert served(paths, "show tables") == [("fct_tickets",), ("rpt_by_agent",)]
    before = paths.current.readlink()
    write_manifest(paths, COLUMNS)
    with pytest.raises(HelpdeskError, match="lacks the marts dim_agents"):
        publish_next(paths)
    paths.candidate.unlink()
    with pytest.raises(HelpdeskError, match="is missing"):
        publish_next(paths)
    assert (paths.current.readlink(), list(paths.builds.glob("*.partial"))) == (before, [])


def test_a_view_that_names_its_database_is_not_published(paths: OutputPaths) -> None:
    before = paths.current.readlink()
    change(
        paths,
        "create or replace view marts.rpt_by_agent as "
        "select agent_key, count(*) as tickets from helpdesk.marts.fct_tickets group by agent_key",
    )
    with pytest.raises(HelpdeskError, match="must not name its database"):
        publish_next(paths)
    assert paths.current.readlink() == before


def test_old_builds_are_deleted(paths: OutputPaths) -> None:
    for _ in range(4):
        publish_next(paths)
    assert len(list(paths.builds.iterdir())) == 3


def test_a_file_is_copied_by_the_system_or_byte_by_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(bytes(range(256)) * 5000)
    copied = []
    by_system = files.os.copy_file_range

    def half(read: int, write: int, count: int) -> int:
        if copied:
            raise OSError("not any more")
        copied.append(by_system(read, write, count // 2))
        return copied[0]

    files.copy_file(source, target)
    assert target.read_bytes() == source.read_bytes()
    monkeypatch.setattr(files.os, "copy_file_range", half)
    files.copy_file(source, target)
    assert copied == [source.stat().st_size // 2]
    assert target.read_bytes() == source.read_bytes()
