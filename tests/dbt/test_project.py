"""The dbt project's own house rules, read from its files and its manifest."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpdesk.project import DBT_PROJECT
from orchestration.dbt_project import DBT, ensure_manifest, nodes_read
from orchestration.layers import PAGE as LAYERS_PAGE
from orchestration.layers import layers_markdown
from tests.conftest import run_dbt_command

PUBLIC_MARTS = Path(__file__).parents[1] / "golden" / "public_marts.txt"

LAYERS = {
    # What a refresh reads is told by the landing's books, which look at what landed.
    # A vendor's rows are shaped (base_) before they are staged.
    "staging": {"landing", "staging"},
    "landing": {"landing", "staging"},
    "intermediate": {"landing", "staging", "intermediate"},
    "core": {"intermediate", "core"},
    "reports": {"core"},
    "service": {"core"},
    "custom": {"core"},
    "summary": {"core"},
    # What the reports say of themselves.
    "insights": {"core", "reports", "service", "summary", "insights"},
    # What came in and what became of it: the one mart that looks at the layers below.
    "quality": {"landing", "staging", "intermediate", "core", "quality"},
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
    return rest[0] if top == "marts" or rest[0] == "landing" else top


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_every_model_has_its_properties_beside_it(path: Path) -> None:
    (model,) = yaml.safe_load(path.with_suffix(".yml").read_text())["models"]
    assert model["name"] == path.stem
    assert "One row" in model["description"], "the description states the grain"


def test_layers_only_look_down(manifest: dict) -> None:
    models = models_of(manifest)
    for node in models.values():
        for parent in nodes_read(node):
            if parent in models:
                assert layer(models[parent]) in LAYERS[layer(node)], (node["name"], parent)
            else:
                assert layer(node) in ("staging", "landing"), f"{node['name']} reads a source"


def test_engines_are_named_in_one_folder_only() -> None:
    for path in [*MODELS, *(DBT_PROJECT / "macros").rglob("*.sql")]:
        if path.parent.name != "engine":
            assert not re.search(r"target\.type|duckdb__|spark__", path.read_text()), path


def test_every_macro_of_a_file_is_called_as_the_file() -> None:
    for path in (DBT_PROJECT / "macros").rglob("*.sql"):
        names = re.findall(r"{%-? (?:macro|test|materialization) (\w+)[(,]", path.read_text())
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


def arguments(manifest: dict, kind: str, argument: str) -> dict[str, Any]:
    """What the generic test of this kind is given for this argument, by the model that has the test."""
    return {
        node["attached_node"]: node["test_metadata"]["kwargs"][argument]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and node["test_metadata"]["name"] == kind
    }


def test_every_sum_of_a_report_is_held_against_its_fact(manifest: dict) -> None:
    """A report's additive measures are the numbers people read: none may go unchecked."""
    tested = {
        (model, sum_["measure"])
        for model, facts in arguments(manifest, "sums_equal", "facts").items()
        for fact in facts
        for sum_ in fact["sums"]
        # A sum over some rows only leaves the others unchecked.
        if "where" not in sum_
    }
    for key, node in models_of(manifest).items():
        if layer(node) in ("reports", "service", "custom"):
            for column, properties in node["columns"].items():
                if properties["data_type"] == "bigint":
                    assert (key, column) in tested, f"{node['name']}.{column}"


# Keys as the help desk tells them, of rows that it may never have told: no fact is joined by them.
AS_TOLD = {("dim_contacts", "company_key"), ("dim_channel_accounts", "channel_key")}


def test_every_key_of_a_mart_is_related_to_the_model_it_is_the_key_of(manifest: dict) -> None:
    """A key that leads nowhere drops its rows from every join."""
    related = {
        (model, relation["column"]): (relation["to"], relation["field"])
        for model, relations in arguments(manifest, "related", "relations").items()
        for relation in relations
    }
    keys = arguments(manifest, "unique", "column_name")
    core = {key: node for key, node in models_of(manifest).items() if layer(node) == "core"}
    homes = {keys[key]: node["name"] for key, node in core.items() if key in keys}
    assert {"agent_key", "ticket_key", "date_day"} <= set(homes)
    held = 0
    for key, node in models_of(manifest).items():
        for column in node["columns"] if node["schema"] == "marts" else ():
            name = re.search(r"[a-z]+(_account)?_key$", column)
            home = homes.get(name[0]) if name else None
            if home not in (None, node["name"]) and (node["name"], column) not in AS_TOLD:
                said = related.get((key, column))
                assert said == (f"ref('{home}')", name[0]), f"{node['name']}.{column}"
                held += 1
    assert held > 150


def test_a_model_has_one_test_of_a_kind(manifest: dict) -> None:
    """A test costs dbt as much as a small model, whatever it checks: one takes all its columns."""
    kinds = Counter(
        (node["attached_node"], node["test_metadata"]["name"])
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
    )
    assert not [kind for kind, number in kinds.items() if number > 1]


def test_unit_tests_and_a_build_by_hand(output: Path, tmp_path: Path) -> None:
    """An analyst's `dbt build`, in the project folder, on a warehouse that has been landed."""
    run_dbt_command([DBT, "--quiet", "build"], output / ".work" / "warehouse.duckdb", tmp_path)
    results = json.loads((tmp_path / "run_results.json").read_text())["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    # An exposure or a saved query has nothing to run.
    kinds_without = ("exposure.", "saved_query.")
    done = [one["status"] for one in results if not one["unique_id"].startswith(kinds_without)]
    assert set(done) == {"success", "pass"}
    assert kinds.count("unit_test") >= 2


# What a refresh reads as the build before left it: models, where the SQL names one by a table.
STORED = {
    "'dim_' ~ table": ["agents", "contacts", "companies", "channels", "channel_accounts"],
    "'int_' ~ table ~ '_refused'": [
        "tickets", "ticket_field_history", "messages", "ticket_sla_applied",
    ],
}  # fmt: skip


def test_what_is_read_as_it_was_is_read_before_it_is_made_anew(manifest: dict) -> None:
    """Else a refresh would see the new rows at times, and take them for no change."""
    models = models_of(manifest)
    names = {node["name"]: key for key, node in models.items()}

    def ancestors(key: str) -> set[str]:
        parents = [one for one in models[key]["depends_on"]["nodes"] if one in models]
        return set(parents).union(*map(ancestors, parents))

    found = 0
    for reader, node in models.items():
        for named in re.findall(r"stored\('\w+', (.+?)\) }}", node["raw_code"]):
            tables = STORED.get(named, [""])
            for table in tables:
                name = named.replace("table", repr(table)) if named in STORED else named
                read = "".join(re.findall(r"'(\w*)'", name))
                assert reader in ancestors(names[read]), f"{node['name']} reads {read}"
                found += 1
    assert found > 10


def test_the_picture_of_the_layers_is_the_manifests(manifest: dict) -> None:
    assert LAYERS_PAGE.read_text() == layers_markdown(manifest), "run `make format`"


def test_the_public_marts_are_those_that_are_listed(manifest: dict) -> None:
    """What readers rely on: a change here is one of the public interface, and is in CHANGELOG.md."""
    listed = "".join(
        f"{node['name']}.{column['name']} {column['data_type']}\n"
        for node in sorted(models_of(manifest).values(), key=lambda node: node["name"])
        if node["schema"] == "marts" and node["access"] == "public"
        for column in node["columns"].values()
    )
    assert PUBLIC_MARTS.read_text() == listed
