"""docs/production.md: its units, cron lines, containers, settings and paths are right."""

import configparser
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from helpdesk.cli.app import app
from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PROJECT_ROOT
from helpdesk.core.settings import load_settings

PAGE = (PROJECT_ROOT / "docs" / "production.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
UNITS = [text for language, text in BLOCKS if language == "ini"]
PLAIN = "\n".join(text for language, text in BLOCKS if not language)
SHELL = "\n".join(text for language, text in BLOCKS if language == "sh")


def unit(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=True, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text)
    return parser


def command_lines() -> Iterator[str]:
    """The arguments of `helpdesk` in units, in cron's table and in containers."""
    for text in UNITS:
        for name, value in unit(text).items("Service") if "Service" in unit(text) else ():
            if name.startswith("ExecStart"):
                yield value.split("/helpdesk ", 1)[1]
    for line in PLAIN.splitlines():
        yield from re.findall(r"/usr/local/bin/helpdesk ([^&\n]+)", line)
    yield from re.findall(r"docker run .*? helpdesk-warehouse (.+)", SHELL)


@pytest.mark.parametrize("line", list(command_lines()))
def test_every_command_is_understood(line: str) -> None:
    words = shlex.split(line)
    command: Any = typer.main.get_command(app).commands[words[0]]  # type: ignore[attr-defined]
    command.make_context(words[0], words[1:])


def test_there_are_commands_in_units_cron_and_containers() -> None:
    assert len(list(command_lines())) >= 10


def test_services_run_without_rights_and_write_in_one_place() -> None:
    services = [unit(text)["Service"] for text in UNITS if "[Service]" in text]
    assert len(services) == 3
    for service in services:
        assert service["User"] == "helpdesk"
        assert service["ProtectSystem"] == "strict"
        assert service["ReadWritePaths"].startswith("/srv/helpdesk")
    timers = [unit(text) for text in UNITS if "[Timer]" in text]
    assert all(timer["Install"]["WantedBy"] == "timers.target" for timer in timers)


def test_units_that_are_started_are_on_the_page() -> None:
    named = set(re.findall(r"helpdesk-\w+\.(?:timer|service)", SHELL))
    assert named == {"helpdesk-build.timer", "helpdesk-check.timer", "helpdesk-serve.service"}
    assert all(f"/{name}" in PAGE or f"`{name}`" in PAGE for name in named)


def test_the_settings_of_the_page_are_read(tmp_path: Path) -> None:
    (settings,) = [text for language, text in BLOCKS if language == "yaml"]
    file = tmp_path / "helpdesk.yml"
    file.write_text(settings)
    served = load_settings(file).serve
    assert yaml.safe_load(settings)["serve"]["allowed_hosts"] == list(served.allowed_hosts)


def test_figures_of_the_machine_are_those_of_the_results() -> None:
    """Seconds of a full build and the peak of memory, as the benchmarks recorded them last."""
    results = (PROJECT_ROOT / "benchmarks" / "results.md").read_text("utf-8")
    rows = re.findall(r"^\| ([\d,]+) \| ([\d,]+ s) \| .*?([\d.]+ GB) \| \d+ GB \|", PAGE, re.M)
    assert len(rows) == 4
    for tickets, seconds, memory in rows[:3]:
        full = re.findall(rf"^\| {tickets} \| full \|.*$", results, re.MULTILINE)
        assert any(f"| {seconds} |" in line and f"| {memory} |" in line for line in full), tickets
    assert f"| {rows[3][1]} |" in results


def test_files_of_an_output_folder_are_named_as_they_are() -> None:
    paths = OutputPaths(Path("OUTPUT").absolute())
    for path in (paths.log, paths.gate, paths.spill, paths.work / "alerted.json"):
        assert f"OUTPUT/{path.relative_to(paths.root).as_posix()}" in PAGE
    alerts = (PROJECT_ROOT / "src/helpdesk/alerts/breaches.py").read_text("utf-8")
    assert "alerted.json" in alerts


def test_the_probe_asks_for_a_figure_that_the_server_gives() -> None:
    api = (PROJECT_ROOT / "src/helpdesk/serve/api.py").read_text("utf-8")
    for name in ("published_seconds_ago", "age_seconds"):
        assert name in PAGE
        assert json.dumps(name) in api


def test_dagster_is_started_as_the_page_on_operation_says() -> None:
    operations = (PROJECT_ROOT / "docs" / "operations.md").read_text("utf-8")
    for line in re.findall(r"\.venv/bin/(dagster-.+)", PLAIN):
        assert line in operations
