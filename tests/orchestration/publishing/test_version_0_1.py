"""An output folder of version 0.1 can be used."""

from pathlib import Path

import pytest

from helpdesk.core.errors import HelpdeskError
from helpdesk.core.paths import OutputPaths
from helpdesk.publish.published import rollback
from tests.orchestration.publishing.warehouse import assert_serves_the_candidate, publish_next

OLD = "00000000"


@pytest.fixture
def old(paths: OutputPaths) -> OutputPaths:
    """Its links, its working file and one of its builds, which is served."""
    build = paths.builds / OLD
    build.mkdir()
    (build / "parquet").mkdir()
    for name in ("marts.duckdb", "catalogue.json", "parts.json"):
        (build / name).write_text(name)
    (paths.work / "warehouse.duckdb").write_text("work")
    paths.published.unlink()
    for name in ("marts.duckdb", "parquet"):
        (paths.root / name).symlink_to(Path("current", name))
    paths.current.unlink()
    paths.current.symlink_to(Path("builds", OLD))
    return paths


def test_dead_links_are_deleted_and_named(old: OutputPaths) -> None:
    done = publish_next(old)
    assert set(done.removed) == {"marts.duckdb", "parquet", ".work/warehouse.duckdb"}
    assert_serves_the_candidate(old)
    broken = [path for path in old.root.iterdir() if path.is_symlink() and not path.exists()]
    assert broken == []
    assert publish_next(old).removed == ()


def test_an_old_build_stays_for_its_readers_and_is_not_served_again(old: OutputPaths) -> None:
    publish_next(old)
    assert (old.builds / OLD / "marts.duckdb").read_text() == "marts.duckdb"
    with pytest.raises(HelpdeskError, match=f"no build {OLD} is kept"):
        rollback(old, OLD)
    for _ in range(2):
        publish_next(old)
    assert not (old.builds / OLD).exists()
