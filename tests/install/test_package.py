"""The package as it is installed, with a desk's own models and source: docs/own-models.md and add-a-source.md, run."""

import json
import re
import shlex

import pytest
import yaml
from pathspec import PathSpec

from helpdesk.init import PACKAGE_ROOT, SHIPPED
from tests.conftest import published
from tests.install.installed import Installed
from tests.small_desk import AS_OF

pytestmark = pytest.mark.slow

OWN_MODELS, OWN_SOURCE = (
    (PACKAGE_ROOT / "docs" / page).read_text(encoding="utf-8")
    for page in ("own-models.md", "add-a-source.md")
)
FILE = re.compile(r"`((?:desk|landing)/\S+)`:\n\n```\w+\n(.*?)^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^(helpdesk (?:init|report|build) .*)$", re.MULTILINE)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    installed = Installed(tmp_path_factory.mktemp("install"))
    commands = [shlex.split(line)[1:] for line in COMMAND.findall(OWN_MODELS)]
    assert [command[0] for command in commands] == ["init", "build", "report", "build"]
    init, first_build, report, _with_dashboards = commands
    installed.done(*init)
    for name, text in FILE.findall(OWN_MODELS + OWN_SOURCE):
        path = installed.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    installed.done(*report)
    installed.done(*first_build, "--as-of", AS_OF)
    return installed


def test_own_models_are_published_beside_those_that_ship(installed: Installed) -> None:
    output = installed.folder / "warehouse"
    with published(output) as marts:
        assert marts.sql("select * from marts.fct_ticket_handovers").fetchall() == []
        assert marts.sql(
            "select sum(ticket_count), sum(handed_over_count) from marts.rpt_tickets_handed_over"
        ).fetchone() == (1, 0)
        assert marts.sql("select * from marts.rpt_urgent_first_response").fetchall() == []
    catalogue = json.loads((output / "catalogue.json").read_text())
    named = {model["name"] for model in catalogue["models"]}
    assert {"fct_ticket_handovers", "rpt_tickets_handed_over", "rpt_urgent_first_response"} <= named


def test_an_own_source_is_modelled_as_those_that_ship(installed: Installed) -> None:
    with published(installed.folder / "warehouse") as marts:
        assert marts.sql(
            "select source_system, count(*) from marts.fct_tickets group by all order by all"
        ).fetchall() == [("generic", 5), ("inhouse", 2)]
        assert marts.sql(
            """select ticket_key, priority, status_state, first_response_seconds, time_to_close_seconds
            from marts.fct_tickets where source_system = 'inhouse' order by all"""
        ).fetchall() == [
            ("inhouse:7", "high", "open", 5400, None),
            ("inhouse:8", "low", "closed", None, 28800),
        ]


def test_an_own_source_is_refreshed_as_those_that_ship(installed: Installed) -> None:
    move = {"case": "7", "at": "2024-01-06T09:00:00Z", "stage": "9"}
    lines = installed.folder / "landing/inhouse/moves/2024-02.jsonl"
    lines.write_text(json.dumps(move) + "\n")
    told = installed.done(
        "build", "--landing", "landing", "--output", "warehouse", "--as-of", AS_OF
    )
    assert "modelling what changed" in told
    with published(installed.folder / "warehouse") as marts:
        assert marts.sql(
            "select time_to_close_seconds from marts.fct_tickets where ticket_key = 'inhouse:7'"
        ).fetchone() == (2 * 86400,)
    told = installed.done("check", "--output", "warehouse")
    assert "every mart is what a full build gives" in told


def test_an_own_report_has_its_page(installed: Installed) -> None:
    listed = installed.done("report", "list")
    assert "handovers" in listed
    assert "Tickets handed over" in listed
    exposures = installed.folder / "desk/models/marts/_marts__exposures.yml"
    pages = [page["name"] for page in yaml.safe_load(exposures.read_text())["exposures"]]
    assert {"urgent_page", "handovers_page", "analyze_page"} <= set(pages)


def test_the_version_is_told_and_is_one(installed: Installed) -> None:
    told = installed.done("--version").split()[1]
    project = yaml.safe_load((SHIPPED / "dbt_project.yml").read_text(encoding="utf-8"))
    changes = (PACKAGE_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == told
    assert re.search(r"^## (\S+)", changes, re.MULTILINE)[1] == told
    assert f"helpdesk_warehouse-{told}-py3-none-any.whl" in OWN_MODELS


def test_an_image_has_all_that_the_package_has(installed: Installed) -> None:
    """The Containerfile copies what `.containerignore` lets through."""
    lines = (PACKAGE_ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    ignored = PathSpec.from_lines("gitwildmatch", lines)
    names = [name for name in installed.files() if ".dist-info/" not in name]
    assert not [name for name in names if ignored.match_file(name)]
    for kept_out in (
        "warehouse/marts.duckdb",
        "landing/tickets.csv",
        ".venv/bin/python",
        "tests/x.py",
    ):
        assert ignored.match_file(kept_out)


def test_nothing_is_written_into_the_package(installed: Installed) -> None:
    there = {
        path.relative_to(installed.packages).as_posix()
        for path in installed.packages.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there == set(installed.files())


def test_a_change_of_a_model_that_ships_is_seen_and_can_be_taken_back(installed: Installed) -> None:
    """An own file with the path of one that ships replaces it, until it is gone."""
    own = installed.folder / "desk/models/staging/generic/stg_generic__teams.sql"
    composed = installed.folder / "desk/.helpdesk/dbt_project/models/staging/generic" / own.name
    shipped = composed.read_text()
    own.parent.mkdir(parents=True)
    own.write_text("-- Our teams.\n" + shipped)
    installed.done("contract")
    assert composed.read_text() == own.read_text()
    own.unlink()
    installed.done("contract")
    assert composed.read_text() == shipped


def test_a_project_that_is_not_there_is_told(installed: Installed) -> None:
    failed = installed.run("report", "list", HELPDESK_PROJECT="dsek")
    assert failed.returncode == 2
    assert "make one with `helpdesk init dsek`" in failed.stderr


def test_without_a_project_one_is_made_at_home(installed: Installed) -> None:
    home = installed.folder / "home"
    installed.done("contract", HELPDESK_PROJECT="", XDG_DATA_HOME=str(home))
    assert (home / "helpdesk/reports/sla_performance.yml").exists()
