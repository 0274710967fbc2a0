"""Reports by the commands of the page: made, copied, run, checked and taken away."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from builder.catalogue import Catalogue
from builder.errors import ReportError
from builder.files import copied, prebuilt_reports
from helpdesk.project import PROJECT_ROOT
from orchestration.dbt_project import MANIFEST
from tests.builder.conftest import Project, blocks_of_the_page, commands_of_the_page

pytestmark = pytest.mark.slow


def test_new_asks_for_what_no_flag_says(project: Project) -> None:
    answers = "asked\ncalls\nMissed\nmissed_calls, call_count\ncalls\n"
    result = project.run("report", "new", answers=answers)
    path = project.root / "reports" / "asked.yml"
    assert result.returncode == 0, result.stdout + result.stderr
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert told == {"title": "Missed", "source": "calls", "page": "calls",
                    "measures": ["missed_calls", "call_count"]}  # fmt: skip
    assert (project.root / "dbt_project/models/marts/custom/rpt_asked.sql").is_file()
    path.unlink()
    project.done("report", "write")


def test_wrong_flags_are_told(project: Project) -> None:
    output = ("--output", str(project.output))
    for arguments, said in (
        (("report", "run", "wide_callz", *output), "did you mean wide_calls?"),
        (("report", "run", "wide_calls", "--by", "call_agnt", *output), "did you mean call_agent?"),
        (("report", "run", "wide_calls", "--grain", "hour", *output), "--grain 'hour' is not one"),
        (("report", "run", "wide_calls", "--since", "'x'", *output), "is no date such as"),
        (("report", "run", "wide_calls", "--output", "nowhere"), "there are no published marts"),
        (("fields", "--source", "ticket"), "'ticket' is no source; did you mean tickets?"),
        (("fields", "xyzzy"), "nothing is called 'xyzzy'"),
        (("report", "new", "a/b", "--source", "calls", "--measure", "call_count", "--title", "x",
          "--page", "p"), "'a/b' is no name"),
        (("report", "new", "ab", "--source", "calls", "--measure", "call_count", "--title", "x",
          "--page", "p", "--where", "call_outcome"), "FIELD=VALUE is expected"),
    ):  # fmt: skip
        result = project.run(*arguments)
        assert result.returncode != 0, arguments
        assert said in result.stderr, (arguments, result.stderr)


def test_run_shows_what_its_files_hold(project: Project) -> None:
    """The example of the page."""
    for command in commands_of_the_page():
        if command[0] == "fields":
            assert "waiting_customers" in project.done(*command)
        if command[:2] == ["report", "run"]:
            shown = project.done(*command)
            assert "Customer wait by priority" in shown
    rows = (project.root / "waits.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("Starting,Priority,Average customer wait,Median customer wait,")
    assert len(rows) > 10
    assert "</svg>" in (project.root / "waits.svg").read_text(encoding="utf-8")
    assert "right, and up to date" in project.done("report", "check")
    assert "first_response_by_channel" in project.done("report", "list")


def test_the_page_shows_the_file_that_the_command_writes(project: Project) -> None:
    (shown,) = _blocks("yaml")
    written = (project.root / "reports" / "wait_by_priority.yml").read_text(encoding="utf-8")
    assert shown == written


def test_the_page_shows_the_error_that_is_told(project: Project) -> None:
    path = project.root / "reports" / "wait_by_priority.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[priority]", "[priorty]"), encoding="utf-8")
    try:
        result = project.run("report", "check", "wait_by_priority")
    finally:
        path.write_text(text, encoding="utf-8")
    assert result.returncode == 2
    assert result.stderr == _blocks("text")[0]


def _blocks(kind: str) -> list[str]:
    return [text for told, text in blocks_of_the_page() if told == kind]


def test_a_copy_says_what_its_original_says(catalogue: Catalogue, manifest: Path) -> None:
    content = json.loads(manifest.read_text(encoding="utf-8"))
    told = copied("r3", content, catalogue)
    original = prebuilt_reports(content)["R3"]
    assert told["question"] == original["question"]
    assert told["measures"][0] == "average_first_response"
    assert "id" not in copied("c3", content, catalogue)
    with pytest.raises(ReportError, match=r"A7 \(Backlog\) cannot be made"):
        copied("A7", content, catalogue)
    with pytest.raises(ReportError, match="there is no report 'R33'; did you mean R3"):
        copied("R33", content, catalogue)


def test_a_report_that_is_gone_leaves_nothing(project: Project) -> None:
    """Last: the others that use the project need it."""
    path = project.root / "reports" / "wide_spells.yml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    result = project.run("report", "check")
    assert (result.returncode, "rpt_wide_spells.sql" in result.stderr) == (1, True)
    assert "rpt_wide_spells.sql" in project.done("report", "write")
    exposures = project.root / "dbt_project/models/marts/_marts__exposures.yml"
    assert "rpt_wide_spells" not in json.dumps(yaml.safe_load(exposures.read_text()))
    path.write_text(text, encoding="utf-8")
    project.done("report", "write")


def test_a_project_that_is_parsed_again_is_there_whole_for_who_reads_it(project: Project) -> None:
    manifest = project.root / MANIFEST.relative_to(PROJECT_ROOT)
    with manifest.open(encoding="utf-8") as reader:
        (project.root / "dbt_project" / "dbt_project.yml").touch()
        project.done("fields")
        assert not os.path.samestat(os.fstat(reader.fileno()), manifest.stat())
        assert json.load(reader)["nodes"]
    assert not list(manifest.parent.parent.glob("tmp*"))
