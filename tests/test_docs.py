"""What the pages for readers say of the product is so: what can be counted or looked up, is."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from helpdesk.cli import app
from helpdesk.errors import EXIT_CODES, HelpdeskError
from helpdesk.project import PROJECT_ROOT
from helpdesk.settings import Settings
from orchestration.dbt_project import ensure_manifest

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`)(helpdesk [^`\n]+)", re.MULTILINE)


def tracked(*patterns: str) -> list[str]:
    """The files of the repository that git knows, as paths from its root."""
    listed = ["git", "ls-files", *patterns]
    done = subprocess.run(listed, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


# But templates of the dashboards, which are no text.
PAGES = {
    page: PROJECT_ROOT / page
    for page in tracked("*.md")
    if not page.startswith("dashboards/templates")
}
README = PAGES["README.md"].read_text("utf-8")


@pytest.fixture(scope="module")
def nodes() -> list[dict[str, Any]]:
    return list(json.loads(ensure_manifest().read_text())["nodes"].values())


def section(heading: str, page: str = README) -> str:
    """The text of a page below a heading, to the next."""
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """What the rows of its tables begin with."""
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    return [row for row in rows if row.strip("- ")]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def anchors(page: Path) -> set[str]:
    """The headings of a page as GitHub names them in links."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    path = PAGES[page]
    for target, anchor in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
        led_to = (path.parent / target) if target else path
        assert led_to.exists(), target
        assert not anchor or anchor in anchors(led_to), f"{target}#{anchor}"


def commands(text: str) -> Iterator[list[str]]:
    """Command lines of a page, without what stands for something of the reader's."""
    for line in COMMAND.findall(text.replace("\\\n", " ")):
        yield shlex.split(line.split(" #")[0].split(" | ")[0], comments=True)[1:]


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    for words in commands(PAGES[page].read_text("utf-8")):
        command: Any = typer.main.get_command(app)
        # In capitals, or after a dash, is not the name of one.
        while words and hasattr(command, "commands") and words[0].islower() and words[0].isalpha():
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        assert options <= {name for each in command.params for name in each.opts} | {"--help"}


def test_the_readme_names_every_setting() -> None:
    told = quoted(" ".join(first_cells(section("For operators"))))
    assert sorted(told) == sorted(Settings.model_fields)


def test_the_readme_names_every_mart(nodes) -> None:
    marts = {
        node["name"]
        for node in nodes
        if node["resource_type"] == "model" and node["config"].get("access") == "public"
    }
    told = " ".join(first_cells(section("What is in it")))
    named = {
        name for name in quoted(told) if "..." not in name and "<" not in name and "/" not in name
    }
    assert named <= marts
    assert {name for name in marts - named if not name.startswith("rpt_")} == set()


def test_the_readme_counts_the_data_tests(nodes) -> None:
    counted = sum(node["resource_type"] == "test" for node in nodes)
    assert f"contract gate, {counted} data tests" in README


def test_the_readme_shows_where_things_are() -> None:
    folders = {
        name.rstrip("/") for name in quoted(" ".join(first_cells(section("Where things are"))))
    }
    assert folders | {"docs"} == {
        path.split("/")[0] for path in tracked() if "/" in path and not path.startswith(".")
    }


def test_every_exit_code_is_told() -> None:
    operations = PAGES["docs/operations.md"].read_text("utf-8")
    told = [int(cell) for cell in first_cells(section("Exit codes", operations)) if cell.isdigit()]
    codes = {0, HelpdeskError.exit_code} | {
        kind.exit_code for kind in HelpdeskError.__subclasses__()
    }
    assert told == sorted(codes)
    assert [int(code) for code in re.findall(r"(\d+) [a-z]", EXIT_CODES)] == told
