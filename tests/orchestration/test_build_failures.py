"""`helpdesk build` as a process: its messages after a failure, and the unchanged warehouse."""

import fcntl
from pathlib import Path

import pytest

from tests.conftest import run_helpdesk
from tests.small_desk import AS_OF

pytestmark = pytest.mark.slow


def state_of(output: Path) -> tuple:
    """The view of a reader: the current build and the bytes of its file."""
    return (output / "current").readlink(), (output / "helpdesk.duckdb").read_bytes()


FAILURES = {
    "a required column is missing": (
        "tickets/more.csv",
        "ticket_id,status_id\n7,new\n",
        3,
        "required column created_at of table tickets is missing",
    ),
    "a file is broken": (
        "agents.parquet",
        "PAR1, or is it",
        3,
        "agents.parquet: the file cannot be read",
    ),
    "a feed is broken": (
        "messages.csv",
        "message_id,ticket_id,sent_at,direction,author_type\n1,1,01/02/2024,incoming,customer\n",
        4,
        "sent_at is an ISO 8601 time with an offset or Z",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_reported_and_the_published_file_stays(
    name: str, copied_desk: tuple[Path, Path]
) -> None:
    file, content, code, message = FAILURES[name]
    # After a failed build the warehouse cannot be compared with a full build.
    folder, output = copied_desk
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text(content)
    before = state_of(output)
    done = run_helpdesk(
        "build", "--landing", folder, "--output", output, "--as-of", AS_OF, check=False
    )
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr
    assert state_of(output) == before


def test_two_builds_at_once(landing: Path, output: Path) -> None:
    with open(output / ".work" / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run_helpdesk("build", "--landing", landing, "--output", output, check=False)
    assert (done.returncode, "another build is writing to this folder" in done.stderr) == (
        75,
        True,
    ), done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as-of", "yesterday"], "is not an ISO 8601 time"),
        (["--as-of", "2024-01-01T00:00:00"], "has no offset"),
    ],
)
def test_wrong_arguments(arguments: list[str], message: str, landing: Path, tmp_path: Path) -> None:
    done = run_helpdesk(
        "build", "--landing", landing, "--output", tmp_path, *arguments, check=False
    )
    assert (done.returncode, message in done.stderr) == (2, True), done.stderr


def test_wrong_settings_are_explained(landing: Path, tmp_path: Path) -> None:
    for text, message in {
        "report_timezone: Europe/Berln\n": "did you mean Europe/Berlin?",
        "thread: 2\n": "unknown setting 'thread'; did you mean threads?; the settings are report_",
        "- a\n": "write lines such as `report_timezone",
        "a: [\n": "is not readable as YAML",
    }.items():
        config = tmp_path / "helpdesk.yml"
        config.write_text(text)
        done = run_helpdesk(
            "build",
            "--landing",
            landing,
            "--output",
            tmp_path / "o",
            "--config",
            config,
            check=False,
        )
        assert (done.returncode, message in " ".join(done.stderr.split())) == (2, True), done.stderr
