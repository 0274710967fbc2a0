"""The dbt project's own house rules, read from its files and its manifest."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from helpdesk.paths import DBT_PROJECT
from orchestration.dbt_project import DBT, ensure_manifest

LAYERS = {
    "staging": set(),
    "intermediate": {"staging", "intermediate"},
    "core": {"intermediate", "core"},
    "reports": {"core"},
    "service": {"core"},
    "summary": {"core"},
    # What came in and what became of it: the one mart that looks at the layers below.
    "quality": {"staging", "intermediate", "quality"},
}
MODELS = sorted((DBT_PROJECT / "models").rglob("*.sql"))


@pytest.fixture(scope="module")
def manifest() -> dict:
    return json.loads(ensure_manifest().read_text())


def models_of(manifest: dict) -> dict[str, dict]:
    return {
        key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }


def layer(node: dict) -> str:
    top, *rest = node["fqn"][1:]
    return rest[0] if top == "marts" else top


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_has_its_properties_beside_it(path: Path) -> None:
    (model,) = yaml.safe_load(path.with_suffix(".yml").read_text())["models"]
    assert model["name"] == path.stem
    assert "One row" in model["description"], "the description states the grain"


def test_layers_only_look_down(manifest: dict) -> None:
    models = models_of(manifest)
    for node in models.values():
        for parent in node["depends_on"]["nodes"]:
            if parent in models:
                assert layer(models[parent]) in LAYERS[layer(node)], (node["name"], parent)
            else:
                assert layer(node) == "staging", f"{node['name']} reads a source"


def test_engines_are_named_in_one_folder_only() -> None:
    for path in [*MODELS, *(DBT_PROJECT / "macros").rglob("*.sql")]:
        if path.parent.name != "engine":
            assert not re.search(r"target\.type|duckdb__|spark__", path.read_text()), path


def test_every_macro_of_a_file_is_called_as_the_file() -> None:
    for path in (DBT_PROJECT / "macros").rglob("*.sql"):
        names = re.findall(r"{%-? (?:macro|test) (\w+)\(", path.read_text())
        assert {re.sub(r"^(duckdb|spark)__", "", name) for name in names} == {path.stem}


def test_every_report_has_the_filter_dimensions_and_its_measures(manifest: dict) -> None:
    """A report that no page shows yet declares nothing."""
    reports = [
        node
        for node in models_of(manifest).values()
        if layer(node) == "reports" and "report" in node["config"]["meta"]
    ]
    ids = [node["config"]["meta"]["report"]["id"] for node in reports]
    assert len(ids) == len(set(ids)) >= 4
    keys = {"agent_key", "team_key", "channel_account_key", "pipeline_key", "company_key"}
    for node in reports:
        assert keys | {"report_date"} <= set(node["columns"])
        for measure in node["config"]["meta"]["report"]["measures"]:
            assert {measure["sum"], measure.get("per", measure["sum"])} <= set(node["columns"])


def test_every_sum_of_a_report_is_held_against_its_fact(manifest: dict) -> None:
    """A report's additive measures are the numbers people read: none may go unchecked."""
    tested = {
        (node["attached_node"], node["test_metadata"]["kwargs"]["measure"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == "sums_equal"
    }
    for key, node in models_of(manifest).items():
        if layer(node) in ("reports", "service"):
            for column, properties in node["columns"].items():
                if properties["data_type"] == "bigint":
                    assert (key, column) in tested, f"{node['name']}.{column}"


def dbt(*args: str, warehouse: Path, target: Path) -> str:
    done = subprocess.run(
        [DBT, "--quiet", *args, "--profiles-dir", ".", "--target-path", target],
        cwd=DBT_PROJECT,
        env={**os.environ, "HELPDESK_WAREHOUSE": str(warehouse), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_unit_tests_and_a_build_by_hand(output: Path, tmp_path: Path) -> None:
    """An analyst's `dbt build`, in the project folder, on a warehouse that has been landed."""
    dbt("build", warehouse=output / ".work" / "warehouse.duckdb", target=tmp_path)
    results = json.loads((tmp_path / "run_results.json").read_text())["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    # An exposure has nothing to run.
    done = [one["status"] for one in results if not one["unique_id"].startswith("exposure.")]
    assert set(done) == {"success", "pass"}
    assert kinds.count("unit_test") >= 2
