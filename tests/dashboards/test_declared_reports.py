"""The reports that the dbt project declares."""

import json
from typing import Any

import pytest

from helpdesk.dashboards.definitions import Definitions, read_definitions
from helpdesk.dashboards.exposures import EXPOSURES, exposures_yaml
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import manifest_of


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The manifest of the dbt project itself."""
    return json.loads(ensure_manifest().read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def definitions(project) -> Definitions:
    return read_definitions(manifest_of(project))


def test_every_report_of_the_product_is_on_its_page(definitions) -> None:
    pages = {
        page: [report.id for report in definitions.reports_of(page)] for page in definitions.pages
    }
    assert pages == {
        "analyze": [f"R{number}" for number in range(1, 10)],
        "responses": [f"C{number}" for number in range(1, 7)],
        "people": ["A2", "A3"],
        "service": ["A1", "A4", "A5", "A6", "A6b", "A7", "A8", "A9", "availability", "calls"],
    }


def test_measures_have_the_direction_of_a_change_for_the_better(definitions) -> None:
    good = {
        (report.id, measure.name): measure.good
        for report in definitions.reports
        for measure in report.measures
    }
    wanted = {
        ("R1", "tickets"): None, ("R2", "compliance"): "up", ("R3", "average"): "down",
        ("R3", "business"): "down", ("A7", "open"): "down", ("calls", "missed_calls"): "down",
        ("availability", "available"): "up",
    }  # fmt: skip
    assert {key: good[key] for key in wanted} == wanted


def test_every_average_and_share_has_its_n_next_to_it(definitions) -> None:
    for report in definitions.reports:
        counts = {item.sum for item in report.measures if item.format == "count"}
        for measure in report.measures:
            assert measure.denominator is None or measure.denominator in counts, (
                report.id,
                measure.name,
            )


def test_every_list_of_values_has_a_median(definitions, project) -> None:
    columns = {
        model["alias"]: {name for name in model["columns"] if name.endswith("_values")}
        for model in project["nodes"].values()
        if model["resource_type"] == "model"
    }
    for report in definitions.reports:
        assert set(report.value_columns) == columns[report.relation.name], report.id


def sources_of(project: dict[str, Any], key: str) -> set[str]:
    """The raw tables that a model's rows come from."""
    found: set[str] = set()
    waiting, seen = [key], set()
    while waiting:
        node = waiting.pop()
        if node in project["sources"]:
            found.add(project["sources"][node]["name"])
        elif node not in seen:
            seen.add(node)
            waiting += project["nodes"][node]["depends_on"]["nodes"]
    return found


def test_every_report_reads_the_tables_that_it_requires(definitions, project) -> None:
    models = {node["alias"]: key for key, node in project["nodes"].items() if "alias" in node}
    for report in definitions.reports:
        assert set(report.requires) <= sources_of(project, models[report.relation.name]), report.id


def test_every_page_is_an_exposure_with_its_models(definitions) -> None:
    text = exposures_yaml(definitions)
    assert EXPOSURES.read_text(encoding="utf-8") == text, "run `make format`"
