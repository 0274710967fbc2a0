"""The pages agree with the product, in everything that can be counted or looked up."""

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from helpdesk.cli.app import app
from helpdesk.cli.reference import cli_markdown, settings_markdown
from helpdesk.core.errors import EXIT_CODES, HelpdeskError
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.core.settings import Settings
from helpdesk.transform.manifest import ensure_manifest

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|`)(helpdesk [^`\n]+)", re.MULTILINE)
SHELL = re.compile(r"^( *)```sh\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
# Commands in running text and in indented lines: they start with the name of a program.
INLINE = re.compile(
    r"`((?:[A-Z_]+=\S+ )*(?:make|dbt|mf|dagster|duckdb|uv|pip|pytest|python3?|\.venv/\S+) [^`]+)`"
    r"|^    ((?:python|helpdesk|make|dbt) .*)$",
    re.MULTILINE,
)
ASSIGNED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*")
# The search path of a new user's shell.
FRESH = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
# Programs that a page requires and this project does not install.
ELSEWHERE = ("pip", "curl", "docker", "groupadd", "jq", "systemctl", "useradd")


def tracked(*patterns: str) -> list[str]:
    """The files in git, as paths from the root of the repository."""
    listed = ["git", "ls-files", *patterns]
    done = subprocess.run(listed, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    return done.stdout.split()


# Without the templates of the dashboards, which are not text.
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
    """The text of a page between a heading and the next one."""
    return page.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_cells(text: str) -> list[str]:
    """The first cells of the rows of its tables."""
    rows = re.findall(r"^\| (.*?) \|", text, re.MULTILINE)
    return [row for row in rows if row.strip("- ")]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def anchors(page: Path) -> set[str]:
    """The headings of a page as code hosts write them in links."""
    headings = HEADING.findall(FENCE.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_have_a_target(page: str) -> None:
    path = PAGES[page]
    for target, anchor in LINK.findall(FENCE.sub("", path.read_text("utf-8"))):
        led_to = (path.parent / target) if target else path
        assert led_to.exists(), target
        assert not anchor or anchor in anchors(led_to), f"{target}#{anchor}"


def commands(text: str) -> Iterator[list[str]]:
    """The words of the command lines of a page."""
    for line in COMMAND.findall(text.replace("\\\n", " ")):
        yield shlex.split(line.split(" #")[0].split(" | ")[0], comments=True)[1:]


@pytest.mark.parametrize("page", PAGES)
def test_commands_and_their_options_exist(page: str) -> None:
    for words in commands(PAGES[page].read_text("utf-8")):
        command: Any = typer.main.get_command(app)
        # A word in capitals, or after a dash, is not the name of a command.
        while words and hasattr(command, "commands") and words[0].islower() and words[0].isalpha():
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        options = {word.split("=")[0] for word in words if word.startswith("--")}
        assert options <= {name for each in command.params for name in each.opts} | {"--help"}


def shell_lines(text: str) -> Iterator[str]:
    """The complete lines of a page for a shell."""
    for _, block in SHELL.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.strip() and not line.strip().startswith("#"):
                yield line.strip()


def simple_commands(line: str) -> Iterator[list[str]]:
    """The words of each command of a line, without its variables and its comment."""
    words: list[str] = []
    lexer = shlex.shlex(line, posix=True, punctuation_chars="&|;<")
    lexer.whitespace_split = True
    for word in [*lexer, ";"]:
        if not set(word) <= set("&|;<"):
            words.append(word)
        elif words:
            while words and ASSIGNED.fullmatch(words[0]):
                words.pop(0)
            if words:
                yield words
            words = []


PAGES_WITH_SHELL = [page for page, path in PAGES.items() if SHELL.search(path.read_text("utf-8"))]


def test_shell_blocks_say_that_they_are() -> None:
    """A block of commands is marked as one, because tests read marked blocks only."""
    first = re.compile(r"^ *```\n *(?:[A-Z_]+=\S+ )*(?:helpdesk|make|export|pip|dbt|python) ", re.M)
    for page, path in PAGES.items():
        assert not first.search(path.read_text("utf-8")), page


@pytest.mark.parametrize("page", PAGES)
def test_every_program_is_found_in_a_new_shell(page: str) -> None:
    """After `. .venv/bin/activate`, as in the README, from an empty environment."""
    text = PAGES[page].read_text("utf-8")
    lines = [*shell_lines(text), *("".join(found) for found in INLINE.findall(text))]
    programs = {words[0] for line in lines for words in simple_commands(" ".join(line.split()))} - {
        *ELSEWHERE
    }
    shell = f". {Path(sys.prefix) / 'bin' / 'activate'}\n" + "".join(
        f"command -v {shlex.quote(program)} >/dev/null || echo {shlex.quote(program)}\n"
        for program in sorted(programs)
    )
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", shell],
        cwd=PROJECT_ROOT,
        env=FRESH | {"HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [], f"{page}: no such program in a new shell"


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_exists(page: str) -> None:
    makefile = (PROJECT_ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    text = PAGES[page].read_text("utf-8")
    lines = [*shell_lines(text), *("".join(found) for found in INLINE.findall(text))]
    for line in lines:
        for words in simple_commands(" ".join(line.split())):
            named = {word for word in words[1:] if not ASSIGNED.fullmatch(word)}
            assert words[0] != "make" or named <= verbs, line


@pytest.mark.parametrize("page", PAGES_WITH_SHELL)
def test_commands_in_blocks_are_whole(page: str) -> None:
    """Each command parses as printed: every required option is there, with a valid value."""
    for line in shell_lines(PAGES[page].read_text("utf-8")):
        for words in simple_commands(line):
            if words[0] != "helpdesk":
                continue
            command: Any = typer.main.get_command(app)
            rest = words[1:]
            while hasattr(command, "commands"):
                assert rest, line
                assert rest[0] in command.commands, line
                command = command.commands[rest.pop(0)]
            command.make_context(words[0], rest)


def test_the_readme_activates_the_environment_first() -> None:
    """Before the first `helpdesk`, in the block that installs it."""
    install = README.index(". .venv/bin/activate")
    assert README.index("make install\n") < install < README.index("helpdesk build --landing")
    makefile = (PROJECT_ROOT / "Makefile").read_text("utf-8")
    assert ". .venv/bin/activate" in makefile.split("\ninstall: ")[1].split("\nrun: ")[0]
    activated = f". {Path(sys.prefix) / 'bin' / 'activate'} && helpdesk --version"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", activated],
        cwd=PROJECT_ROOT,
        env=FRESH | {"HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("helpdesk "), done.stderr


def test_named_wheels_have_the_current_version() -> None:
    version = re.search(r'^version = "(.+)"$', (PROJECT_ROOT / "pyproject.toml").read_text(), re.M)
    assert version
    for page, path in PAGES.items():
        for wheel in re.findall(r"helpdesk_warehouse-(\S+?)-py3", path.read_text("utf-8")):
            assert wheel == version[1], page


def test_the_reference_of_settings_is_current() -> None:
    """`make format` writes it."""
    assert PAGES["docs/reference/settings.md"].read_text("utf-8") == settings_markdown()


def test_the_reference_of_commands_is_current() -> None:
    """`make format` writes it."""
    assert PAGES["docs/reference/cli.md"].read_text("utf-8") == cli_markdown()


def test_every_setting_has_a_description() -> None:
    schema = Settings.model_json_schema()
    for group in (schema, *schema["$defs"].values()):
        for name, setting in group["properties"].items():
            assert setting.get("description"), name


def test_the_settings_in_the_readme_exist() -> None:
    assert {*quoted(" ".join(first_cells(section("For operators"))))} <= {*Settings.model_fields}


def test_the_readme_names_every_mart(nodes) -> None:
    marts = {
        node["name"]
        for node in nodes
        if node["resource_type"] == "model" and node["config"].get("access") == "public"
    }
    listed = " ".join(first_cells(section("What is in it")))
    named = {
        name for name in quoted(listed) if "..." not in name and "<" not in name and "/" not in name
    }
    assert named <= marts
    assert {name for name in marts - named if not name.startswith("rpt_")} == set()


def test_the_readme_counts_the_constraints_and_the_data_tests(nodes) -> None:
    constraints = sum(
        len(declaring.get("constraints", []))
        for node in nodes
        if node["resource_type"] == "model"
        for declaring in (node, *node["columns"].values())
    )
    tests = sum(node["resource_type"] == "test" for node in nodes)
    assert f"contract gate, {constraints} constraints, {tests} data tests" in README


def test_the_readme_shows_where_things_are() -> None:
    folders = {
        name.rstrip("/") for name in quoted(" ".join(first_cells(section("Where things are"))))
    }
    assert folders | {"docs"} == {
        path.split("/")[0] for path in tracked() if "/" in path and not path.startswith(".")
    }


METRIC_PAGES = [
    page for page in PAGES if page.startswith("docs/metrics/") and not page.endswith("README.md")
]


@pytest.mark.parametrize("page", METRIC_PAGES)
def test_every_rule_on_a_metric_has_an_example_and_a_source(page: str) -> None:
    for rule in PAGES[page].read_text("utf-8").split("\n## ")[1:]:
        assert re.search(r"^\*\*Examples?[.*]", rule, re.MULTILINE), rule.splitlines()[0]
        assert "\n**Source.** " in rule, rule.splitlines()[0]


DECISIONS = [page for page in PAGES if re.match(r"docs/decisions/\d{4}-", page)]


@pytest.mark.parametrize("page", DECISIONS)
def test_every_decision_has_its_parts_and_is_in_the_index(page: str) -> None:
    text = PAGES[page].read_text("utf-8")
    for part in ("Question", "Choice", "Costs", "Measured"):
        assert f"\n**{part}" in text, part
    assert f"({Path(page).name})" in PAGES["docs/decisions/README.md"].read_text("utf-8")


def test_the_index_of_metrics_names_every_page() -> None:
    index = PAGES["docs/metrics/README.md"].read_text("utf-8")
    assert {f"docs/metrics/{target}" for target, _ in LINK.findall(index)} == {*METRIC_PAGES}


def test_every_exit_code_is_documented() -> None:
    operations = PAGES["docs/operations.md"].read_text("utf-8")
    documented = [
        int(cell) for cell in first_cells(section("Exit codes", operations)) if cell.isdigit()
    ]
    codes = {0, HelpdeskError.exit_code} | {
        kind.exit_code for kind in HelpdeskError.__subclasses__()
    }
    assert documented == sorted(codes)
    assert [int(code) for code in re.findall(r"(\d+) [a-z]", EXIT_CODES)] == documented
