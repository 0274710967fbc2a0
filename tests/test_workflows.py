"""The files for a forge and for editors: they parse, and name only what the project has."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpdesk.core.places import PROJECT_ROOT
from tests.test_docs import tracked

GITHUB = PROJECT_ROOT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
FORMS = [path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
CI = GITHUB / "workflows" / "ci.yml"


def read(path: Path) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for a truth value.
    declared = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(declared, dict)
    return {"on" if key is True else key: value for key, value in declared.items()}


def name_of(path: Path) -> str:
    return path.name


@pytest.mark.parametrize(
    "path",
    [*sorted(GITHUB.rglob("*.yml")), PROJECT_ROOT / ".pre-commit-config.yaml"],
    ids=name_of,
)
def test_yaml_is_valid(path: Path) -> None:
    assert read(path)


def test_the_development_container_is_valid_json() -> None:
    container = json.loads((PROJECT_ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))
    assert container["postCreateCommand"] == "make install"


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_workflow_has_few_rights_and_an_end(path: Path) -> None:
    workflow = read(path)
    assert workflow["on"]
    assert workflow["permissions"] == {"contents": "read"}
    for job in workflow["jobs"].values():
        assert "uses" in job or job["timeout-minutes"] <= 360
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout"):
            assert step["with"]["persist-credentials"] is False


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_workflow_uses_verbs_and_folders_that_are_there(path: Path) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    workflow = read(path)
    lines = "\n".join(step.get("run", "") for step in steps(workflow))
    assert set(re.findall(r"^make ([a-z-]+)", lines, re.MULTILINE)) <= verbs
    for named in re.findall(r"(?<![\w/.])(?:tests|\.ci)/[\w./*-]*", lines):
        assert list(PROJECT_ROOT.glob(named.rstrip("/"))), named
    for step in steps(workflow):
        if step.get("uses", "").startswith("./"):
            assert (PROJECT_ROOT / step["uses"] / "action.yml").exists()


def test_each_test_runs_in_a_job_of_its_own_or_in_one_group() -> None:
    """A new folder of tests/ is added to a group of the matrix, or no pull request would run it."""
    jobs = read(CI)["jobs"]
    groups = [one["paths"].split() for one in jobs["tests"]["strategy"]["matrix"]["include"]]
    commands = [step.get("run", "") for step in jobs["spark"]["steps"]]
    spark = [path for line in commands for path in re.findall(r"tests/\S+", line)]
    named = [path for group in [*groups, spark] for path in group]
    run = sorted(file for path in named for file in files_of(path))
    assert run == sorted(file for file in tracked("tests") if is_test(file))


def test_pull_requests_run_the_long_tests_too() -> None:
    lines = [step.get("run", "") for step in steps(read(CI))]
    runs = [line for line in lines if "-m pytest" in line and "test_docs" not in line]
    assert len(runs) == 2
    assert all('-m pytest -m "" ' in line for line in runs)


def is_test(file: str) -> bool:
    return bool(re.search(r"/test_[^/]*\.py$", file))


def files_of(path: str) -> list[str]:
    """The files of tests that pytest finds in a folder, or by a pattern of files."""
    found = sorted(PROJECT_ROOT.glob(path))
    inside = [file for one in found for file in ([one] if one.is_file() else one.rglob("*.py"))]
    names = [file.relative_to(PROJECT_ROOT).as_posix() for file in inside]
    return [name for name in names if is_test(name)]


def test_jobs_run_on_pythons_that_the_package_supports() -> None:
    versions = re.findall(r"python:(\d\.\d+)-", CI.read_text("utf-8"))
    matrix = read(CI)["jobs"]["tests"]["strategy"]["matrix"]["include"]
    assert {*versions, *(one["python"] for one in matrix)} == {"3.11", "3.12"}


@pytest.mark.parametrize("path", FORMS, ids=name_of)
def test_an_issue_form_asks_for_what_a_maintainer_needs(path: Path) -> None:
    form = read(path)
    assert form["name"]
    assert form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert len({field["id"] for field in fields}) == len(fields)
    assert all(field["attributes"]["label"] for field in fields)


def test_hooks_use_the_projects_own_tools() -> None:
    for repository in read(PROJECT_ROOT / ".pre-commit-config.yaml")["repos"]:
        for hook in repository["hooks"] if repository["repo"] == "local" else ():
            program = hook["entry"].split()[0]
            assert program == "make" or (PROJECT_ROOT / program).exists(), hook["id"]


def test_docker_and_podman_leave_out_the_same_files() -> None:
    """Podman reads .containerignore, Docker .dockerignore."""
    files = [PROJECT_ROOT / f".{name}ignore" for name in ("container", "docker")]
    assert files[0].read_text("utf-8") == files[1].read_text("utf-8")
