"""`helpdesk rollback`: an older build is served again, until the next one passes."""

from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.publish.publications import record_publication
from tests.conftest import copy_desk, published, run_helpdesk
from tests.small_desk import AS_OF

BEFORE, AFTER = AS_OF, "2024-02-05T00:00:00Z"
ADDRESS = "postgresql://loader@db.example.org/desk"


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
    record_publication(OutputPaths(twice_built), newer, ADDRESS, "DESK_DATABASE", [])
    done = run_helpdesk("rollback", "--output", twice_built).stdout
    assert f"serving build {older}" in done
    assert served_as_of(twice_built) == BEFORE
    # What readers of Postgres have is the later build until somebody publishes again.
    assert (
        f"postgresql://loader@db.example.org/desk still has build {newer}; run `helpdesk publish "
        f"--output {twice_built.resolve()} --to-env DESK_DATABASE`"
    ) in done
    assert run_helpdesk("status", "--output", twice_built, check=False).returncode == 1
    assert older in (twice_built / "catalogue.json").read_text()
    none_older = run_helpdesk("rollback", "--output", twice_built, check=False)
    assert (none_older.returncode, served_as_of(twice_built)) == (1, BEFORE)
    assert f"no build older than {older} is kept" in none_older.stderr
    shown = run_helpdesk("status", "--output", twice_built, check=False).stdout
    assert f"newer      build {newer} is kept and was rolled back" in shown
    assert f"helpdesk rollback --output {twice_built.resolve()} --to {newer}" in shown
    # Both ids begin with the same day.
    named = next(newer[:place] for place in range(9, 23) if not older.startswith(newer[:place]))
    assert (
        "still has" not in run_helpdesk("rollback", "--output", twice_built, "--to", named).stdout
    )
    assert "newer" not in run_helpdesk("status", "--output", twice_built).stdout
    assert served_as_of(twice_built) == AFTER


@pytest.mark.parametrize("name", ["20200101T000000.000000Z", "..", "../../landing"])
def test_a_build_that_is_not_kept_is_reported_with_those_that_are(
    twice_built: Path, name: str
) -> None:
    before = (twice_built / "current").readlink()
    done = run_helpdesk("rollback", "--output", twice_built, "--to", name, check=False)
    assert done.returncode == 2
    assert before.name in done.stderr
    assert (twice_built / "current").readlink() == before


def test_a_folder_without_builds_is_reported_and_not_made(tmp_path: Path) -> None:
    done = run_helpdesk("rollback", "--output", tmp_path / "none", check=False)
    assert done.returncode == 2
    assert "nothing is published here" in done.stderr
    assert not (tmp_path / "none").exists()
