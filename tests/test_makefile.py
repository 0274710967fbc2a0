"""Verbs of the Makefile: the packages they install, the folders they write, the variables they set."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from helpdesk.core.places import PROJECT_ROOT

MAKEFILE = PROJECT_ROOT / "Makefile"
SYSTEM_PACKAGES = PROJECT_ROOT / ".ci" / "system-packages"
APT = '#!/bin/sh\necho "$@" >> "$APT_LOG"\n'


def make(*arguments: object, cwd: Path = PROJECT_ROOT) -> str:
    done = subprocess.run(
        ["make", "-f", str(MAKEFILE), *map(str, arguments)],
        cwd=cwd,
        # `make test` hands its own options down.
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A PATH without Java, whose apt-get only notes its arguments."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "cat", "mktemp", "rm"):
        (programs / name).symlink_to(str(shutil.which(name)))
    (programs / "apt-get").write_text(APT.replace("#!/bin/sh", f"#!{shutil.which('sh')}"))
    (programs / "apt-get").chmod(0o755)
    return programs


def system_packages(bare: Path, *programs: str, **more: str) -> tuple[int, str, str]:
    """Exit code, standard error, and the arguments that apt-get was given."""
    log = bare.parent / "apt.log"
    bash = str(bare / "bash")
    done = subprocess.run(
        [bash, str(SYSTEM_PACKAGES), *programs],
        env={"PATH": str(bare), "APT_LOG": str(log), **more},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr, log.read_text() if log.exists() else ""


def test_outside_ci_a_missing_program_is_named_and_nothing_is_installed(bare: Path) -> None:
    code, errors, installed = system_packages(bare, "java")
    assert (code, installed) == (1, "")
    (line,) = errors.splitlines()
    assert "Java" in line
    assert "apt-get install --no-install-recommends default-jre-headless" in line


def test_in_ci_a_missing_program_is_installed(bare: Path) -> None:
    code, errors, installed = system_packages(bare, "java", CI="true")
    assert (code, errors) == (0, "")
    assert installed.splitlines()[-1].endswith("default-jre-headless")


def test_a_program_that_is_there_needs_nothing(bare: Path) -> None:
    assert system_packages(bare, "java", JAVA_HOME="/usr/lib/jvm/any") == (0, "", "")


def test_a_program_that_is_unknown_is_an_error(bare: Path) -> None:
    code, errors, _ = system_packages(bare, "cobol")
    assert code == 2
    assert "cobol" in errors


def test_no_verb_installs_system_packages_by_itself() -> None:
    assert "apt-get" not in MAKEFILE.read_text("utf-8")


def test_the_long_tests_set_variables_that_tests_read() -> None:
    named = set(re.findall(r"(HELPDESK_\w+)=", make("-n", "test-long")))
    read = "".join(path.read_text("utf-8") for path in (PROJECT_ROOT / "tests").rglob("*.py"))
    assert named >= {"HELPDESK_REFRESH_STEPS", "HELPDESK_KILLS", "HELPDESK_SPARK_STEPS"}
    assert {name for name in named if f'environ.get("{name}"' not in read} == set()


def test_a_shell_finds_the_commands_of_the_project() -> None:
    command = make("-n", "-o", "install", "shell")
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=PROJECT_ROOT,
        input="command -v helpdesk dbt mf dagster\n",
        env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
    )
    folder = PROJECT_ROOT / ".venv" / "bin"
    assert done.stdout.split() == [
        f"{folder}/{name}" for name in ("helpdesk", "dbt", "mf", "dagster")
    ]


def test_dagster_works_on_a_desk_of_its_own_and_on_any_port() -> None:
    command = make("-n", "dagster", "PORT=3005")
    started = command[command.index("exec env") :]
    assert "-p 3005" in started
    assert "warehouse/dagster/output" in started
    assert "warehouse/simulated" not in started
    assert "http://127.0.0.1:3005" in command


@pytest.mark.parametrize("is_built", [True, False])
def test_dagsters_desk_is_a_copy_of_the_sample(tmp_path: Path, is_built: bool) -> None:
    landing, output = tmp_path / "landing/simulated", tmp_path / "warehouse/simulated"
    landing.mkdir(parents=True)
    (landing / "tickets.parquet").write_text("tickets")
    if is_built:
        (output / "builds" / "one").mkdir(parents=True)
        (output / "current").symlink_to("builds/one")
    sample = ("-o", "landing/simulated/tickets.parquet")
    make(*sample, "warehouse/dagster/output", cwd=tmp_path)
    copied = tmp_path / "warehouse/dagster"
    assert (copied / "landing" / "tickets.parquet").read_text() == "tickets"
    assert (copied / "output" / "current").is_symlink() == is_built
    # It is copied once: later files stay.
    (copied / "landing" / "more.csv").write_text("ticket_id")
    os.utime(landing / "tickets.parquet")
    make(*sample, "warehouse/dagster/output", cwd=tmp_path)
    assert (copied / "landing" / "more.csv").exists()
