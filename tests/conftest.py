"""Shared by all tests: running the command as a user would, and opening what it publishes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

HELPDESK = Path(sys.executable).parent / "helpdesk"


def run_helpdesk(*args: object, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `helpdesk` with these arguments. With `check`, a failure fails the test with its output."""
    done = subprocess.run(
        [HELPDESK, *map(str, args)], capture_output=True, text=True, timeout=600, check=False
    )
    if check and done.returncode:
        pytest.fail(f"helpdesk {' '.join(map(str, args))}\n{done.stdout}{done.stderr}")
    return done


@contextmanager
def published(output: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The published marts, as `marts.<name>`, opened as a BI tool would: read only."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{output / 'marts.duckdb'}' as warehouse (read_only)")
        connection.execute("use warehouse")
        yield connection
