"""What a build takes over from the one before it, and what it does not trust."""

import json
from pathlib import Path

import duckdb
import pytest

from helpdesk.paths import OutputPaths
from orchestration.publish import rollback
from tests.orchestration.publishing.warehouse import (
    SPELLS,
    assert_serves_the_working_warehouse,
    change,
    inodes,
    publish_apart,
    publish_next,
    written,
)


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
