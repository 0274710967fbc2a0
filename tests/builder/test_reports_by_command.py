"""Reports by the commands of the page: new, copy, run, check, and deleting a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from helpdesk.core.places import init_project
from helpdesk.reports import models
from helpdesk.reports.catalogue import Catalogue
from helpdesk.reports.errors import ReportError
from helpdesk.reports.files import copied, report_text
from helpdesk.reports.models import report_files
from helpdesk.reports.saved import PREBUILT, REPORTS, read_report
from tests.builder.conftest import AS_OF, Project, blocks_of_the_page, commands_of_the_page

pytestmark = pytest.mark.slow
PROBLEMS = (
    "from helpdesk.reports.models import report_problems; print(*report_problems(), sep='\\n')"
)


def test_new_asks_for_missing_options(project: Project) -> None:
    answers = "asked\ncalls\nMissed\nmissed_calls, call_count\ncalls\n"
    result = project.run("report", "new", answers=answers)
    path = project.root / "reports" / "asked.yml"
    assert result.returncode == 0, result.stdout + result.stderr
    declared = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert declared == {"title": "Missed", "source": "calls", "page": "calls",
                    "measures": ["missed_calls", "call_count"]}  # fmt: skip
    assert (project.root / "dbt_project/models/marts/custom/rpt_asked.sql").is_file()
    path.unlink()
    project.done("report", "write")


def test_wrong_flags_are_reported(project: Project) -> None:
    output = ("--output", str(project.output))
    for arguments, said in (
        (("report", "run", "wide_callz", *output), "did you mean wide_calls?"),
        (("report", "run", "wide_calls", "--by", "call_agnt", *output), "did you mean call_agent?"),
        (("report", "run", "wide_calls", "--grain", "hour", *output), "--grain 'hour' is not one"),
        (("report", "run", "wide_calls", "--since", "'x'", *output), "is not a date such as"),
        (("report", "run", "wide_calls", "--output", "nowhere"), "there are no published marts"),
        (("fields", "--source", "ticket"), "'ticket' is not a source; did you mean tickets?"),
        (("fields", "xyzzy"), "nothing matches 'xyzzy'"),
        (("report", "new", "a/b", "--source", "calls", "--measure", "call_count", "--title", "x",
          "--page", "p"), "'a/b' is not a valid name"),
        (("report", "new", "ab", "--source", "calls", "--measure", "call_count", "--title", "x",
          "--page", "p", "--where", "call_outcome"), "FIELD=VALUE is expected"),
    ):  # fmt: skip
        result = project.run(*arguments)
        assert result.returncode != 0, arguments
        assert said in result.stderr, (arguments, result.stderr)


def test_run_filters_by_a_field(project: Project) -> None:
    output = ("--output", str(project.output))
    calls = ("report", "run", "wide_calls", *output, "--by", "date", "--grain", "year")
    whole, missed = (
        project.done(*calls, *where) for where in ((), ("--where", "call_outcome=missed"))
    )
    assert whole != missed
    wrong = project.run(*calls, "--where", "call_outcom=missed")
    assert wrong.returncode == 2
    assert "did you mean call_outcome?" in wrong.stderr


def test_run_prints_the_figures_of_its_files(project: Project) -> None:
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
    assert "valid and up to date" in project.done("report", "check")
    assert "first_response_by_channel" in project.done("report", "list")


def test_the_page_shows_the_file_that_the_command_writes(project: Project) -> None:
    written = (project.root / "reports" / "wait_by_priority.yml").read_text(encoding="utf-8")
    assert written in _blocks("yaml")


def test_the_page_shows_the_error_that_is_reported(project: Project) -> None:
    path = project.root / "reports" / "wait_by_priority.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[priority]", "[priorities]"), encoding="utf-8")
    try:
        result = project.run("report", "check", "wait_by_priority")
    finally:
        path.write_text(text, encoding="utf-8")
    assert result.returncode == 2
    assert result.stderr == _blocks("text")[0]


def test_a_build_names_the_reports_that_it_has_as_they_were(project: Project) -> None:
    path = project.root / "reports" / "wait_by_priority.yml"
    text = path.read_text(encoding="utf-8")
    build = ("build", "--landing", "landing/simulated", "--output", str(project.output),
             "--as-of", AS_OF)  # fmt: skip
    try:
        path.write_text(text.replace("[priority]", "[priorities]"), encoding="utf-8")
        invalid = project.done(*build)
        path.write_text(text.replace("title:", "title: All"), encoding="utf-8")
        # The lines that a build then shows as notes.
        behind = project.lines(PROBLEMS)
    finally:
        path.write_text(text, encoding="utf-8")
    assert (
        "note: a saved report is invalid, and its model is not up to date: "
        "reports/wait_by_priority.yml:6: dimensions[0]: " in invalid
    )
    assert "did you mean priority?; correct it and run `helpdesk report write`" in invalid
    (line,) = behind
    assert "_custom__models.yml" in line
    assert line.endswith("not up to date with reports; run `helpdesk report write`")


def test_new_writes_nothing_while_another_report_is_invalid(project: Project) -> None:
    other = project.root / "reports" / "wait_by_priority.yml"
    text = other.read_text(encoding="utf-8")
    other.write_text(text.replace("[priority]", "[product_area]"), encoding="utf-8")
    try:
        result = project.run("report", "new", "ab", "--source", "calls", "--measure", "call_count",
                             "--title", "x", "--page", "p")  # fmt: skip
    finally:
        other.write_text(text, encoding="utf-8")
    assert result.returncode == 2
    assert "reports/wait_by_priority.yml:6: dimensions[0]" in result.stderr
    assert "Own fields are known with `--output OUTPUT`" in result.stderr
    assert not (project.root / "reports" / "ab.yml").exists()


def test_reports_as_they_ship_need_no_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init_project(tmp_path)
    custom = tmp_path / "models" / "marts" / "custom"
    monkeypatch.setattr(models, "IS_CHECKOUT", False)
    monkeypatch.setattr(models, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(models, "SAVED", models.Kind(tmp_path / "reports", custom))
    with monkeypatch.context() as without_catalogue:
        without_catalogue.delattr(models, "load_catalogue")
        assert models.report_problems() == []
    path = tmp_path / "reports" / "sla_performance.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("source: ", "source: x"))
    (problem,) = models.report_problems()
    assert f"{path}:" in problem


def _blocks(kind: str) -> list[str]:
    return [text for language, text in blocks_of_the_page() if language == kind]


def test_a_copy_has_the_content_of_its_original(catalogue: Catalogue) -> None:
    declared = copied("r3", catalogue)
    assert declared["question"] == "How long do customers wait for a first answer?"
    assert declared["measures"][0] == "average_first_response"
    assert not {"id", "columns"} & set(copied("c3", catalogue) | declared)
    stays = copied("R4", catalogue)
    assert (stays["dimensions"], stays["series"]) == (["spell_status"], "spell_status")
    assert copied("backlog", catalogue)["source"] == "backlog"
    with pytest.raises(ReportError, match="there is no report 'R33'; did you mean r3"):
        copied("R33", catalogue)


@pytest.mark.parametrize(
    "original", [*report_files(PREBUILT), *report_files(REPORTS)], ids=lambda path: path.stem
)
def test_the_copy_of_each_report_is_valid(
    catalogue: Catalogue, tmp_path: Path, original: Path
) -> None:
    """Its parts refer to the names that measures and dimensions have in the copy."""
    path = tmp_path / "a_copy.yml"
    path.write_text(report_text(copied(original.stem, catalogue)), encoding="utf-8")
    copy, of = read_report(path, catalogue), read_report(original, catalogue)
    assert (len(copy.stack), bool(copy.histogram)) == (len(of.stack), bool(of.histogram))


def test_a_deleted_report_leaves_nothing(project: Project) -> None:
    """The last test: the others need this report."""
    path = project.root / "reports" / "wide_status_times.yml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    result = project.run("report", "check")
    assert (result.returncode, "rpt_wide_status_times.sql" in result.stderr) == (1, True)
    assert "rpt_wide_status_times.sql" in project.done("report", "write")
    exposures = project.root / "dbt_project/models/marts/_marts__exposures.yml"
    assert "rpt_wide_status_times" not in json.dumps(yaml.safe_load(exposures.read_text()))
    path.write_text(text, encoding="utf-8")
    project.done("report", "write")


def test_readers_see_a_complete_manifest_while_the_project_is_parsed(project: Project) -> None:
    manifest = project.manifest
    with manifest.open(encoding="utf-8") as reader:
        (project.root / "dbt_project" / "dbt_project.yml").touch()
        project.done("fields")
        assert not os.path.samestat(os.fstat(reader.fileno()), manifest.stat())
        assert json.load(reader)["nodes"]
    assert not list(manifest.parent.parent.glob("tmp*"))
