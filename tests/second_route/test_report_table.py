"""`docs/reports.md` lists the tests of each report; this compares the page with the repository."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from helpdesk.transform.project import dbt_project
from tests.second_route.routes import ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "reports.md"
IDS = [f"{page}{number}" for page, last in (("S", 8), ("R", 9), ("A", 9), ("C", 6))
       for number in range(1, last + 1)] + ["A6b", "A12", "availability", "calls"]  # fmt: skip
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
NOT_BUILT = "not built yet"
# Insights come from the other reports, whose figures have a second route.
DERIVED = {"rpt_insights"}


@dataclass(frozen=True)
class Row:
    """A row of the page; `id` is empty for a report that has none."""

    id: str
    mart: str
    tests: str
    route: str

    @property
    def marts(self) -> set[str]:
        return {name for name, _ in LINK.findall(self.mart)}


def rows() -> list[Row]:
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    return [
        Row(first, mart, tests, route)
        for first, _, mart, tests, route in cells
        if first not in ("id", "---")
    ]


def report_models() -> dict[str, str]:
    """Every report and summary of the project: its id in its properties, or none."""
    found = {}
    paths = (dbt_project() / "models" / "marts").rglob("*.yml")
    files = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]
    for model in (model for one in files for model in one.get("models", ())):
        if not model["name"].startswith("rpt_"):
            continue
        report = model.get("config", {}).get("meta", {}).get("report", {})
        found_id = re.search(r"\b[SRAC]\d+[a-z]?\b", model["description"])
        found[model["name"]] = report.get("id") or (found_id[0] if found_id else "")
    return found


def test_every_id_has_its_row() -> None:
    assert sorted(row.id for row in rows() if row.id) == sorted(IDS)


def test_the_page_names_every_mart_with_its_id() -> None:
    named = {(mart, row.id) for row in rows() for mart in row.marts}
    assert named == set(report_models().items())


def test_reports_that_are_not_built_have_no_mart() -> None:
    for row in rows():
        assert bool(row.marts) != (row.mart == NOT_BUILT), row.id
        assert bool(row.marts) == bool(row.tests), row.id
        assert bool(row.marts - DERIVED) == bool(row.route), row.id


def test_every_mart_has_the_second_route_of_its_row() -> None:
    named = {
        (row.id, mart, name)
        for row in rows()
        for name, _ in LINK.findall(row.route)
        for mart in row.marts
    }
    for route in ROUTES:
        assert (route.id or "", route.mart, route.name) in named
    assert {route.mart for route in ROUTES} == set(report_models()) - DERIVED
    assert {name for _, _, name in named} == {route.name for route in ROUTES}


@pytest.mark.parametrize(("name", "target"), sorted(set(LINK.findall(PAGE.read_text("utf-8")))))
def test_every_link_leads_to_its_name(name: str, target: str) -> None:
    path = (PAGE.parent / target).resolve()
    assert path.exists()
    if path.is_file() and name not in (path.stem, f"rpt_{path.stem}"):
        kind = r"def {}\(" if path.suffix == ".py" else r"- name: {}\n"
        assert re.search(kind.format(re.escape(name)), path.read_text(encoding="utf-8"))
