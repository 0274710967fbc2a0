"""An upgrade: a build of this version on the output of an older one."""

import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import published
from tests.install.installed import Installed
from tests.small_desk import AS_OF, DESK, write_desk

pytestmark = [pytest.mark.slow, pytest.mark.long]

FOLDERS = ("--landing", "landing", "--output", "warehouse", "--config", "helpdesk.yml")
OWN_FIELD = "fields: [{field: area, name: product_area, type: text}]\n"
# The other marts describe the build and its columns.
FIGURES = ("fct_", "dim_", "rpt_")
NEW_LINES = {
    "fct_tickets.sql": "        lifecycles.last_reopened_at,\n",
    "_core__models.yml": (
        "      - name: last_reopened_at\n"
        "        data_type: timestamp\n"
        "        description: Time of the last reopening (UTC); null if the ticket was never reopened.\n"
    ),
}


def make_older(packages: Path) -> None:
    """Remove a column of a fact, so that the older version has no `last_reopened_at`."""
    for name, lines in NEW_LINES.items():
        path = (
            packages / "helpdesk" / "project" / "dbt_project" / "models" / "marts" / "core" / name
        )
        text = path.read_text(encoding="utf-8")
        assert lines in text, f"{name} has changed: take another column that nothing reads"
        path.write_text(text.replace(lines, ""), encoding="utf-8")


def rows(marts: duckdb.DuckDBPyConnection, without: str = "") -> dict[str, list[Any]]:
    """All rows of each mart, without one column of fct_tickets."""
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
    tickets = [{**ticket, "area": f"Area {ticket['ticket_id']}"} for ticket in DESK["tickets"]]
    write_desk(installed.folder / "landing", {"tickets": tickets})
    (installed.folder / "helpdesk.yml").write_text(OWN_FIELD)
    installed.done("build", *FOLDERS, "--as-of", AS_OF)
    return installed


def test_an_upgrade_publishes_the_new_columns_and_can_be_rolled_back(older: Installed) -> None:
    output = older.folder / "warehouse"
    with published(output) as marts:
        before = rows(marts)
        shutil.rmtree(older.packages)
        (older.folder / "newer").rename(older.packages)
        printed = older.done("build", *FOLDERS, "--as-of", AS_OF)
        assert "running dbt on every ticket: definitions changed" in printed
        assert "models/marts/core/fct_tickets.sql" in printed
        # Readers with the older build open can continue.
        assert rows(marts) == before
    with published(output) as marts:
        columns = "product_area, last_reopened_at is not null"
        tickets = marts.sql(f"select {columns} from marts.fct_tickets order by 1").fetchall()
        assert tickets[0] == ("Area 1", True)
        assert rows(marts, without="last_reopened_at") == before

    older.done("rollback", "--output", "warehouse")
    with published(output) as marts:
        assert rows(marts) == before
    # And forward once more: the working warehouse is the newer version's already.
    assert "running dbt on what changed" in older.done("build", *FOLDERS, "--as-of", AS_OF)
    with published(output) as marts:
        assert rows(marts, without="last_reopened_at") == before
