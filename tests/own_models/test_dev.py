"""`helpdesk dev`: one model is built and tested on a copy, and nothing that is there changes."""

import re
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.conftest import run_helpdesk


@pytest.fixture
def built(output: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(output, tmp_path / "output", symlinks=True))


def files(built: Path) -> dict[str, bytes]:
    """The databases, whole: of an output folder as small as this one."""
    return {
        path.relative_to(built).as_posix(): path.read_bytes() for path in built.rglob("*.duckdb")
    }


def test_a_mart_is_built_and_shown_and_nothing_changes(built: Path) -> None:
    before = files(built)
    done = run_helpdesk("dev", "dim_teams", "--output", built, "--rows", "2")
    assert "team_key" in done.stdout
    assert re.search(r"dim_teams: [\d,]+ rows?, \d+ tests? passed; not published", done.stdout)
    assert files(built) == before
    assert not (built / ".work" / "check").exists()


@pytest.mark.long
def test_a_model_below_the_marts_is_built_too(built: Path) -> None:
    done = run_helpdesk("dev", "int_tickets_numbered", "--output", built, "--rows", "0")
    assert "int_tickets_numbered: " in done.stdout


def test_a_fact_that_is_modelled_ticket_by_ticket_says_so(built: Path) -> None:
    done = run_helpdesk("dev", "fct_tickets", "--output", built, "--rows", "1")
    assert "rows of the tickets that changed in the last build" in done.stdout


@pytest.mark.long
def test_after_a_refresh_a_fact_is_built_of_the_tickets_that_changed(
    copied_desk: tuple[Path, Path],
) -> None:
    landing, output = copied_desk
    # An hour later the open tickets are modelled again.
    later = "2024-02-01T01:00:00Z"
    run_helpdesk("build", "--landing", landing, "--output", output, "--as-of", later)
    with duckdb.connect(str(output / ".work" / "work.duckdb"), read_only=True) as connection:
        ((changed,),) = connection.sql(
            "select count(*) from intermediate.int_changed_tickets"
        ).fetchall()
    assert changed
    done = run_helpdesk("dev", "fct_tickets", "--output", output, "--rows", "1")
    assert "rows of the tickets that changed in the last build" in done.stdout


def test_a_model_that_is_not_there_is_a_wrong_argument(built: Path) -> None:
    done = run_helpdesk("dev", "fct_tickts", "--output", built, check=False)
    assert done.returncode == 2
    assert "did you mean fct_tickets?" in done.stderr


def test_a_folder_where_nothing_was_built_is_named(tmp_path: Path) -> None:
    done = run_helpdesk("dev", "fct_tickets", "--output", tmp_path / "none", check=False)
    assert done.returncode == 2
    assert "nothing is built here" in done.stderr
    assert not (tmp_path / "none").exists()
