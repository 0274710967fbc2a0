"""What a build leaves out: it is seen from outside, in the processes it starts and what it loads."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.project import DBT_PROJECT
from helpdesk.settings import Settings
from orchestration.dbt_project import dbt_command, dbt_vars, ensure_manifest, start_parsed
from tests.conftest import published, run_helpdesk
from tests.small_desk import AS_OF

WATCHED = """
import json, sys
started = []
def note(event, args):
    if event == "subprocess.Popen":
        started.append([str(arg) for arg in args[1]])
sys.addaudithook(note)
from helpdesk.cli import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    code = end.code
loaded = [name for name in ("great_expectations", "dagster") if name in sys.modules]
print(json.dumps({"code": code, "started": started, "loaded": loaded}))
"""
REPARSED = "Unable to do partial parsing"


def watched_helpdesk(*args: object) -> dict:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, args)], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_a_build_of_what_has_passed_loads_no_gate_and_no_dagster_and_starts_dbt_once(
    landing: Path, output: Path
) -> None:
    seen = watched_helpdesk("build", "--landing", landing, "--output", output, "--as-of", AS_OF)
    assert (seen["code"], seen["loaded"]) == (0, [])
    of_dbt = [command for command in seen["started"] if any("dbt" in part for part in command)]
    assert [command[: len(dbt_command("build"))] for command in of_dbt] == [dbt_command("build")]


def test_help_loads_nothing_heavy() -> None:
    assert watched_helpdesk("build", "--help") == {"code": 0, "started": [], "loaded": []}


def test_a_new_output_starts_from_the_project_as_it_was_parsed(output: Path) -> None:
    assert REPARSED not in (output / ".work" / "build.log").read_text()
    assert not list((output / ".work").rglob("dbt.log*"))


def messages(*times: str) -> str:
    return "".join(
        json.dumps(
            {
                "message_id": time,
                "ticket_id": "1",
                "sent_at": time,
                "direction": "incoming",
                "author_type": "customer",
            }
        )
        + "\n"
        for time in times
    )


def test_a_broken_file_fails_until_it_is_mended_whatever_passed_before(
    copied_desk: tuple[Path, Path],
) -> None:
    landing, output = copied_desk
    (landing / "messages").mkdir()
    good = [f"2024-01-01T0{hour}:00:00Z" for hour in range(1, 6)]
    (landing / "messages" / "1.jsonl").write_text(messages(*good))
    arguments = ("build", "--landing", landing, "--output", output, "--as-of", AS_OF)
    run_helpdesk(*arguments)
    before = (output / "current").readlink()

    (landing / "messages" / "2.jsonl").write_text(messages("02/01/2024"))
    for _ in range(2):
        done = run_helpdesk(*arguments, check=False)
        assert done.returncode == 4
        assert ": 1 of 1 rows unusable in messages/2.jsonl" in done.stderr
        assert (output / "current").readlink() == before

    (landing / "messages" / "2.jsonl").write_text(messages("2024-01-02T00:00:00Z"))
    run_helpdesk(*arguments)
    with published(output) as connection:
        assert connection.sql("select count(*) from marts.fct_messages").fetchone() == (6,)


def run_dbt(target: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    places = ["--profiles-dir", ".", "--target-path", str(target)]
    return subprocess.run(
        [*dbt_command(*args), *places],
        cwd=DBT_PROJECT,
        env={**os.environ, "DO_NOT_TRACK": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("settings", "is_parsed_again"),
    [(Settings(), False), (Settings(report_timezone="Europe/Berlin"), True)],
)
def test_dbt_parses_again_for_other_settings_and_not_for_another_path(
    tmp_path: Path, settings: Settings, is_parsed_again: bool
) -> None:
    ensure_manifest()
    start_parsed(tmp_path)
    warehouse = tmp_path / "elsewhere" / "warehouse.duckdb"
    done = run_dbt(
        tmp_path,
        *("parse", *dbt_vars(settings)),
        HELPDESK_WAREHOUSE=str(warehouse),
        DBT_LOG_FORMAT="json",
    )
    assert (done.returncode, done.stderr) == (0, "")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert "debug" not in {event["info"]["level"] for event in events}
    assert any(REPARSED in event["info"]["msg"] for event in events) == is_parsed_again


def test_dbt_says_what_is_wrong_with_a_command(tmp_path: Path) -> None:
    done = run_dbt(tmp_path, "build", "--luck")
    assert (done.returncode, "No such option" in done.stdout, "--luck" in done.stdout) == (
        1,
        True,
        True,
    )
