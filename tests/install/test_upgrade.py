"""An upgrade: what an older version of the package published, built by this one."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import published
from tests.install.installed import Installed
from tests.small_desk import AS_OF

pytestmark = pytest.mark.slow

FOLDERS = ("--landing", "landing", "--output", "warehouse")
# The others tell of the build itself and of the columns there are.
FIGURES = ("fct_", "dim_", "rpt_")
NEW_LINES = {
    "fct_tickets.sql": "        lifecycles.last_reopened_at,\n",
    "fct_tickets.yml": (
        "      - name: last_reopened_at\n"
        "        data_type: timestamp\n"
        "        description: Last such time (UTC).\n"
    ),
}


def make_older(packages: Path) -> None:
    """Take a column off a fact: the version before has no `last_reopened_at`."""
    for name, lines in NEW_LINES.items():
        path = packages / "dbt_project" / "models" / "marts" / "core" / name
        text = path.read_text(encoding="utf-8")
        assert lines in text, f"{name} has changed: take another column that nothing reads"
        path.write_text(text.replace(lines, ""), encoding="utf-8")


def rows(marts: duckdb.DuckDBPyConnection, without: str = "") -> dict[str, list[Any]]:
    """Every figure, mart by mart, without a column of fct_tickets."""
    names = [name for (name,) in marts.sql("show tables from marts").fetchall()]
    left = {"fct_tickets": f"* exclude ({without})"} if without else {}
    return {
        name: marts.sql(f"select {left.get(name, '*')} from marts.{name} order by all").fetchall()
        for name in names
        if name.startswith(FIGURES)
    }


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    installed = Installed(tmp_path_factory.mktemp("upgrade"))
    shutil.copytree(installed.packages, installed.folder / "newer")
    make_older(installed.packages)
    installed.done("init", "desk")
    installed.done("build", *FOLDERS, "--as-of", AS_OF)
    return installed


def test_an_upgrade_publishes_the_new_shape_and_can_be_taken_back(older: Installed) -> None:
    output = older.folder / "warehouse"
    with published(output) as marts:
        before = rows(marts)
        shutil.rmtree(older.packages)
        (older.folder / "newer").rename(older.packages)
        told = older.done("build", *FOLDERS, "--as-of", AS_OF)
        assert "modelling every ticket: a definition changed" in told
        assert "models/marts/core/fct_tickets.sql" in told
        # Who has the older build open reads on.
        assert rows(marts) == before
    with published(output) as marts:
        assert marts.sql("select last_reopened_at from marts.fct_tickets").fetchall()
        assert rows(marts, without="last_reopened_at") == before

    older.done("rollback", "--output", "warehouse")
    with published(output) as marts:
        assert rows(marts) == before
    # And forward once more: the working warehouse is the newer version's already.
    assert "modelling what changed" in older.done("build", *FOLDERS, "--as-of", AS_OF)
    with published(output) as marts:
        assert rows(marts, without="last_reopened_at") == before
