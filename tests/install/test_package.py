"""The installed package with own models and an own source: runs docs/own-models.md and add-a-source.md."""

import json
import re
import shlex

import pytest
import yaml
from pathspec import PathSpec

from helpdesk.core.places import PACKAGE_ROOT, SHIPPED
from tests.conftest import SHIPPING, published
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
    assert [command[0] for command in commands] == ["init", "build", "build", "report", "build"]
    init, first_build, _with_a_changed_rule, report, _with_dashboards = commands
    installed.done(*init)
    for name, text in FILE.findall(OWN_MODELS + OWN_SOURCE):
        path = installed.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    installed.done(*report)
    installed.done(*first_build, "--as-of", AS_OF)
    return installed


def test_own_models_are_published_with_those_that_ship(installed: Installed) -> None:
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


def test_an_own_model_is_tried_without_a_build(installed: Installed) -> None:
    """The page's command; mistakes of a model and of its properties are found, and not published."""
    (command,) = re.findall(r"^helpdesk (dev fct_.*)$", OWN_MODELS, re.MULTILINE)
    before = (installed.folder / "warehouse/current").readlink()
    assert "fct_ticket_handovers: 0 rows, 2 tests passed" in installed.done(*shlex.split(command))
    mart = installed.folder / "desk/models/marts/core/fct_ticket_handovers"
    for end, right, wrong, code, said in (
        (".sql", "count(distinct agent_key)", "max(agent_key)", 2, "owner_count"),
        (".yml", "data_type: bigint", "", 2, "column owner_count has no data_type"),
    ):
        file = mart.with_suffix(end)
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(right, wrong), encoding="utf-8")
        done = installed.run(*shlex.split(command))
        file.write_text(text, encoding="utf-8")
        assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert (installed.folder / "warehouse/current").readlink() == before


def test_an_own_source_is_modelled_like_those_that_ship(installed: Installed) -> None:
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


@pytest.mark.long
def test_an_own_source_is_refreshed_like_those_that_ship(installed: Installed) -> None:
    move = {"case": "7", "at": "2024-01-06T09:00:00Z", "stage": "9"}
    lines = installed.folder / "landing/inhouse/moves/2024-02.jsonl"
    lines.write_text(json.dumps(move) + "\n")
    printed = installed.done(
        "build", "--landing", "landing", "--output", "warehouse", "--as-of", AS_OF
    )
    assert "running dbt on what changed" in printed
    with published(installed.folder / "warehouse") as marts:
        assert marts.sql(
            "select time_to_close_seconds from marts.fct_tickets where ticket_key = 'inhouse:7'"
        ).fetchone() == (2 * 86400,)
    printed = installed.done("check", "--output", "warehouse")
    assert "every mart equals that of a full build" in printed


def test_an_own_report_has_its_page(installed: Installed) -> None:
    listed = installed.done("report", "list")
    assert "handovers" in listed
    assert "Tickets handed over" in listed
    exposures = installed.folder / "desk/models/marts/_marts__exposures.yml"
    pages = [page["name"] for page in yaml.safe_load(exposures.read_text())["exposures"]]
    assert {"urgent_page", "handovers_page", "analyze_page"} <= set(pages)


def test_the_version_is_the_same_everywhere(installed: Installed) -> None:
    version = installed.done("--version").split()[1]
    project = yaml.safe_load((SHIPPED / "dbt_project.yml").read_text(encoding="utf-8"))
    changes = (PACKAGE_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["version"] == version
    assert re.search(r"^## (\d\S+)", changes, re.MULTILINE)[1] == version
    assert f"helpdesk_warehouse-{version}-py3-none-any.whl" in OWN_MODELS


def test_an_image_has_all_files_of_the_package(installed: Installed) -> None:
    """The Containerfile copies the files that `.containerignore` does not exclude."""
    lines = (PACKAGE_ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    ignored = PathSpec.from_lines("gitwildmatch", lines)
    names = [_in_checkout(name) for name in installed.files() if ".dist-info/" not in name]
    assert {path.partition("/")[0] for path in names} == {*SHIPPING, "examples"}
    assert not [name for name in names if ignored.match_file(name)]
    for kept_out in (
        "warehouse/helpdesk.duckdb",
        "landing/tickets.csv",
        ".venv/bin/python",
        "tests/x.py",
    ):
        assert ignored.match_file(kept_out)


def _in_checkout(name: str) -> str:
    """The path of a file of the wheel in the checkout."""
    for prefix, folder in (
        ("helpdesk/project/", ""),
        ("helpdesk/orchestration/", "orchestration/"),
    ):
        if name.startswith(prefix):
            return folder + name.removeprefix(prefix)
    return f"src/{name}"


def test_one_top_level_name_is_installed(installed: Installed) -> None:
    """Dagster's definitions are in the package, and load from it."""
    assert {name.partition("/")[0] for name in installed.files() if ".dist-info/" not in name} == {
        "helpdesk"
    }
    loaded = installed.python(
        "-c", "from helpdesk.orchestration.definitions import defs; print(defs)"
    )
    assert "Definitions" in loaded


def test_nothing_is_written_into_the_package(installed: Installed) -> None:
    there = {
        path.relative_to(installed.packages).as_posix()
        for path in installed.packages.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert there == set(installed.files())


@pytest.mark.long
def test_a_shipped_model_can_be_replaced_and_restored(installed: Installed) -> None:
    """An own file with the path of one that ships replaces it, until it is deleted."""
    own = installed.folder / "desk/models/staging/contract/stg_teams.sql"
    composed = installed.folder / "desk/.helpdesk/dbt_project/models/staging/contract" / own.name
    shipped = composed.read_text()
    own.parent.mkdir(parents=True)
    own.write_text("-- Our teams.\n" + shipped)
    installed.done("report", "list")
    assert composed.read_text() == own.read_text()
    own.unlink()
    installed.done("report", "list")
    assert composed.read_text() == shipped


def test_a_missing_project_is_reported(installed: Installed) -> None:
    failed = installed.run("report", "list", HELPDESK_PROJECT="dsek")
    assert failed.returncode == 2
    assert "create one with `helpdesk init dsek`" in failed.stderr


def test_exports_are_mapped(installed: Installed) -> None:
    """The headings of help desks are in the package too."""
    exports = installed.folder / "exports"
    exports.mkdir()
    (exports / "tickets.csv").write_text(
        "Ticket ID,Created time,Status,Initial response time\n"
        "1,2026-03-02 09:00:00,Closed,2026-03-02 10:00:00\n"
    )
    assert "tickets.csv feeds tickets" in installed.done("init", "--from", "exports", "mapped")
    installed.done("map", "mapped", "--from", "exports")
    assert (installed.folder / "mapped/landing/messages.parquet").exists()


def test_without_a_project_one_is_created_in_the_home_folder(installed: Installed) -> None:
    home = installed.folder / "home"
    installed.done("report", "list", HELPDESK_PROJECT="", XDG_DATA_HOME=str(home))
    assert (home / "helpdesk/reports/sla_performance.yml").exists()
