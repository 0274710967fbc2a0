"""The examples of docs/bi-tools.md, run as a reader would: in a folder that has `warehouse` in it."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from helpdesk.core.places import PROJECT_ROOT
from helpdesk.publish.postgres import publish_to_postgres
from tests.bi.server import Server
from tests.conftest import HELPDESK, run_helpdesk

PAGE = (PROJECT_ROOT / "docs" / "bi-tools.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"the page has no {language}"
    return found


@pytest.fixture(scope="module")
def exported(output: Path) -> Path:
    run_helpdesk("export", "--output", output)
    return output


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    (tmp_path / "warehouse").symlink_to(exported)
    return tmp_path


def test_every_block_is_in_a_known_language() -> None:
    assert set(re.findall(r"^```(\w+)$", PAGE, re.MULTILINE)) == {"python", "sh", "sql"}


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.split("\n")[0])
def test_python(block: str, folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error::FutureWarning", "-c", block],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("block", blocks("sql"))
def test_sql(block: str, output: Path, server: Server) -> None:
    publish_to_postgres((output / "current").resolve(), server.address())
    with psycopg.connect(server.address()) as connection:
        assert connection.execute(block).fetchall()


def test_sh(folder: Path, server: Server) -> None:
    with server.connect() as connection:
        connection.execute("drop role if exists bi_reader")
        connection.execute("create role bi_reader")
    block = "".join(blocks("sh"))
    example = "postgresql://loader:secret@db.example.org/analytics"
    assert example in block
    done = subprocess.run(
        ["bash", "-euc", block.replace(example, server.address())],
        cwd=folder,
        env={"PATH": f"{HELPDESK.parent}:/usr/bin:/bin", "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with server.connect() as connection:
        connection.execute("drop owned by bi_reader; drop role bi_reader")
