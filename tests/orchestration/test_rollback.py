"""`helpdesk rollback`: an older build is served again, whole, until the next one passes."""

from pathlib import Path

import pytest

from tests.conftest import copy_desk, published, run_helpdesk
from tests.small_desk import AS_OF

BEFORE, AFTER = AS_OF, "2024-02-05T00:00:00Z"


@pytest.fixture(scope="module")
def twice_built(landing: Path, output: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    files, built = copy_desk(landing, output, tmp_path_factory.mktemp("twice_built"))
    # Other tests may have built there again.
    run_helpdesk("vacuum", "--output", built, "--keep", "1")
    run_helpdesk("build", "--landing", files, "--output", built, "--as-of", AFTER)
    return built


def served_as_of(output: Path) -> str:
    with published(output) as connection:
        ((as_of,),) = connection.execute("select as_of from marts.build_log").fetchall()
    return as_of.isoformat() + "Z"


def test_the_build_before_is_served_again_and_the_newer_one_can_be_named(twice_built: Path) -> None:
    older, newer = sorted(build.name for build in (twice_built / "builds").iterdir())
    assert served_as_of(twice_built) == AFTER
    assert older in run_helpdesk("rollback", "--output", twice_built).stdout
    assert served_as_of(twice_built) == BEFORE
    assert older in (twice_built / "catalogue.json").read_text()
    none_older = run_helpdesk("rollback", "--output", twice_built, check=False)
    assert (none_older.returncode, served_as_of(twice_built)) == (1, BEFORE)
    assert f"no build older than {older} is kept" in none_older.stderr
    run_helpdesk("rollback", "--output", twice_built, "--to", newer)
    assert served_as_of(twice_built) == AFTER


@pytest.mark.parametrize("name", ["20200101T000000.000000Z", "..", "../../landing"])
def test_a_build_that_is_not_kept_is_told_with_those_that_are(twice_built: Path, name: str) -> None:
    before = (twice_built / "current").readlink()
    done = run_helpdesk("rollback", "--output", twice_built, "--to", name, check=False)
    assert done.returncode == 1
    assert before.name in done.stderr
    assert (twice_built / "current").readlink() == before


def test_a_folder_without_builds_is_told_and_not_made(tmp_path: Path) -> None:
    done = run_helpdesk("rollback", "--output", tmp_path / "none", check=False)
    assert done.returncode == 1
    assert "nothing is published here" in done.stderr
    assert not (tmp_path / "none").exists()
