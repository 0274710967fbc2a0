"""The catalogue of the project, and a copy of the project in which reports are saved and built."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from helpdesk.core.places import PROJECT_ROOT
from helpdesk.reports.catalogue import Catalogue, load_catalogue
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.runner import manifest_file
from tests.builder.examples import HOSTILE_REPORTS, WIDE_REPORTS
from tests.builder.random_reports import random_reports
from tests.conftest import copy_checkout, run_copy, run_python_of

AS_OF = "2026-06-30T18:00:00Z"
TICKETS = 1200
PAGE = PROJECT_ROOT / "docs" / "report-builder.md"


@dataclass(frozen=True)
class Project:
    """A copy of the project with its own reports, and its published warehouse."""

    root: Path

    @property
    def output(self) -> Path:
        return self.root / "warehouse" / "simulated"

    @property
    def marts(self) -> Path:
        return self.output / "helpdesk.duckdb"

    @property
    def manifest(self) -> Path:
        return self.root / manifest_file().relative_to(PROJECT_ROOT)

    def run(self, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        return run_copy(self.root, self.root, *arguments, answers=answers)

    def lines(self, code: str) -> list[str]:
        """The output of Python code in a process that has the copy's packages."""
        result = run_python_of(self.root, self.root, "-c", code)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    def done(self, *arguments: str) -> str:
        result = self.run(*arguments)
        assert result.returncode == 0, (arguments, result.stdout + result.stderr)
        return result.stdout


def blocks_of_the_page() -> list[tuple[str, str]]:
    """Kind and text of every fenced block."""
    parts = re.split(r"^```(\w*)\n", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    # Text and blocks alternate between the fences.
    return list(zip(parts[1::4], parts[2::4], strict=True))


def commands_of_the_page() -> list[list[str]]:
    """The commands of the worked example, in its order."""
    shell = [text for kind, text in blocks_of_the_page() if kind == "sh"]
    lines = [line for text in shell for line in text.splitlines()]
    return [shlex.split(line)[1:] for line in lines if line.startswith("helpdesk ")]


@pytest.fixture(scope="session")
def manifest() -> Path:
    return ensure_manifest()


@pytest.fixture(scope="session")
def catalogue(manifest: Path) -> Catalogue:
    return load_catalogue(manifest)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The example of the page, run unchanged among many other reports; then one build."""
    root = tmp_path_factory.mktemp("project") / "checkout"
    copy_checkout(root)
    project = Project(root)
    project.done("simulate", "--out", "landing/simulated", "--tickets", str(TICKETS))
    drawn = random_reports(load_catalogue(ensure_manifest()))
    for name, text in {**WIDE_REPORTS, **HOSTILE_REPORTS, **drawn}.items():
        (root / "reports" / f"{name}.yml").write_text(text, encoding="utf-8")
    for command in commands_of_the_page():
        if command[:2] in (["report", "new"], ["report", "copy"]):
            project.done(*command)
    project.done("report", "write")
    project.done("build", "--landing", "landing/simulated", "--output", str(project.output),
                 "--as-of", AS_OF)  # fmt: skip
    return project
