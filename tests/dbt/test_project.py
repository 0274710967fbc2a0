"""Conventions of the dbt project, checked on its files and its manifest."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from helpdesk.contract.tables import contract_tables
from helpdesk.transform.layers import PAGE as LAYERS_PAGE
from helpdesk.transform.layers import layers_markdown
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import Manifest, Model, read_manifest
from helpdesk.transform.project import dbt_project
from helpdesk.transform.runner import DBT
from tests.conftest import run_dbt_command

PUBLIC_MARTS = Path(__file__).parents[1] / "golden" / "public_marts.txt"
# Most nodes of a full build from files alone, without the models of vendors.
MOST_NODES = 230
VENDORS = ("hubspot", "zendesk")

# Layers that each layer reads, other than itself. `refresh` finds changes in the landed rows.
LAYERS = {
    "landing": set(),
    "vendors": set(),
    "contract": {"vendors", "landing"},
    "validation": {"contract", "landing"},
    "refresh": {"vendors", "contract", "landing", "validation", "intermediate"},
    "intermediate": {"validation", "landing"},
    "core": {"validation", "intermediate", "landing"},
    "quality": {"contract", "validation", "intermediate", "landing", "core"},
    "reports": {"core"},
    "custom": {"core"},
    "summary": {"core"},
    # Views under the former names of marts.
    "old_names": {"core", "quality"},
    "insights": {"core", "reports", "summary"},
}
# How a refresh limits itself to the tickets that changed: any layer above may read it, and staging.
CHANGED = "int_changed_tickets"
# Models that read more: a layer, or a model.
MORE = {
    # A view over the published build's own row: the layers below the marts are in another file.
    "dim_comparison_times": {"build_log"},
    # A score off the scale of its survey is rejected.
    "int_survey_responses_rejected": {"int_surveys"},
    # A merge counts if the data has the other ticket, modelled or not.
    "int_tickets_resolved": {"int_landed_tickets"},
    # Counts missing values of modelled tickets.
    "int_ticket_checks": {"intermediate"},
}
# Files of properties with other content than a folder's models.
OTHERS = {
    "reports": ["_reports__by_hand.yml", "_reports__models.yml"],
    "marts": ["_marts__exposures.yml", "_marts__groups.yml"],
}
MODELS = sorted((dbt_project() / "models").rglob("*.sql"))


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(ensure_manifest())


def layer(model: Model) -> str:
    if model.layer == "marts" or model.folder in LAYERS:
        return model.folder
    return "vendors" if model.folder in VENDORS else model.layer


def test_each_folder_has_one_file_of_properties() -> None:
    folders = {path.parent for path in (dbt_project() / "models").rglob("*.yml")}
    for folder in folders - {dbt_project() / "models" / "semantic"}:
        models, sources = f"_{folder.name}__models.yml", f"_{folder.name}__sources.yml"
        found = sorted(path.name for path in folder.glob("*.yml"))
        allowed = [OTHERS.get(folder.name, [models]), [models, sources]]
        assert found in allowed, folder


@pytest.mark.parametrize("folder", sorted({path.parent for path in MODELS}), ids=lambda p: p.name)
def test_every_model_is_described_with_its_grain_in_its_folder(folder: Path) -> None:
    files = [yaml.safe_load(path.read_text()) for path in folder.glob("*.yml")]
    described = [model for one in files for model in one.get("models", ())]
    names = [model["name"] for model in described]
    assert sorted(names) == sorted(path.stem for path in folder.glob("*.sql"))
    assert [one["name"] for one in described if "One row" not in one["description"]] == []


def test_layers_only_read_those_below(manifest: Manifest) -> None:
    models = manifest.models
    for model in models.values():
        own = layer(model)
        for parent in (models[key] for key in model.depends_on if key in models):
            allowed = {own, CHANGED, *LAYERS[own], *MORE.get(model.name, ())}
            assert allowed & {layer(parent), parent.name}, (model.name, parent.name)


def test_sources_are_read_by_staging_and_by_the_search_for_changes_alone() -> None:
    """Elsewhere by the macro that says whether the build is a refresh."""
    for path in [*MODELS, *(dbt_project() / "macros").rglob("*.sql")]:
        if re.search(r"\bsource\(", path.read_text()):
            is_staging = "staging" in path.parts or path.parent.name == "refresh"
            assert is_staging or path.stem == "sources_of", path


def test_engines_are_named_in_one_folder_only() -> None:
    for path in [*MODELS, *(dbt_project() / "macros").rglob("*.sql")]:
        if path.parent.name != "engine":
            named = r"target\.type|adapter\.type|duckdb__|spark__|read_parquet|read_csv"
            assert not re.search(named, path.read_text()), path


def test_every_macro_of_a_file_is_called_as_the_file() -> None:
    for path in (dbt_project() / "macros").rglob("*.sql"):
        if path.stem == "former_names":
            # Generic tests under former names, for own models.
            continue
        names = re.findall(r"{%-? (?:macro|test|materialization) (\w+)[(,]", path.read_text())
        assert {re.sub(r"^(duckdb|spark)__", "", name) for name in names} == {path.stem}


def test_every_report_has_the_filter_dimensions_and_its_measures(manifest: Manifest) -> None:
    """A report without a page declares nothing."""
    reports = [
        model
        for model in manifest.models.values()
        if layer(model) == "reports" and "report" in model.meta
    ]
    ids = [model.meta["report"]["id"] for model in reports]
    assert len(ids) == len(set(ids)) >= 4
    of_agents, of_tickets = (
        {"agent_key", "team_key"},
        {"channel_account_key", "pipeline_key", "company_key"},
    )
    for model in reports:
        # Hours available have no ticket.
        keys = of_agents if model.name == "rpt_agent_availability" else of_agents | of_tickets
        assert keys | {"report_date"} <= set(model.columns)
        for measure in model.meta["report"]["measures"]:
            sums = {measure["sum"], measure.get("denominator", measure["sum"])}
            assert sums <= set(model.columns)


def test_every_report_is_a_view_on_the_published_file_alone(manifest: Manifest) -> None:
    """So it has the totals and the keys of its fact, in whatever database the file is attached as."""
    for model in manifest.models.values():
        if layer(model) in ("reports", "custom", "old_names", "summary"):
            assert model.materialized == "view", model.name
        if model.is_mart and model.materialized == "view":
            names = re.findall(r"\bref\([^)]*\)(.*)", model.sql)
            assert all(rest.startswith(".include(database=false)") for rest in names), model.name


def test_every_mart_has_a_contract_and_a_key_that_is_filled(manifest: Manifest) -> None:
    for mart in manifest.marts:
        assert mart.is_public, mart.name
        assert mart.is_contracted, mart.name
        assert mart.key, mart.name
        assert set(mart.key) <= set(mart.columns), mart.name
        if mart.materialized == "view":
            # DuckDB enforces nothing of a view: it declares what is null at times.
            assert set(mart.meta["nullable"]) <= set(mart.columns), mart.name
        elif mart.name not in NULL_IN_KEY:
            assert all(mart.columns[column].is_not_null for column in mart.key), mart.name


# A rejected line has no number where the reader cannot count it.
NULL_IN_KEY = {"quarantine"}
# Keys as the help desk names them, of rows that it may never have sent: no fact is joined by them.
AS_NAMED = {("dim_contacts", "company_key"), ("dim_channel_accounts", "channel_key")}
# Columns that hold a key in place of the default, by their name.
OTHER_NAMES = {"first_responder_key": "agent_key", "responding_agent_key": "agent_key",
               "first_response_agent_key": "agent_key"}  # fmt: skip


def test_every_key_of_a_mart_leads_to_the_mart_it_is_the_key_of(manifest: Manifest) -> None:
    """A key that leads nowhere drops its rows from every join."""
    homes = {
        mart.key[0]: mart.name
        for mart in manifest.marts
        if len(mart.key) == 1 and (mart.name.startswith("dim_") or mart.name == "fct_tickets")
    }
    assert {"agent_key", "ticket_key", "date_day", "sla_target_key"} <= set(homes)
    declared = 0
    for mart in manifest.marts:
        leads = {one.column: (one.model, one.to_column) for one in mart.foreign_keys}
        assert set(leads) <= set(mart.columns), mart.name
        for column in mart.columns:
            found = re.search(r"[a-z]+(_account|_target)?_key$", column)
            name = OTHER_NAMES.get(column, found[0] if found else "")
            home = homes.get(name)
            if home not in (None, mart.name) and (mart.name, column) not in AS_NAMED:
                assert leads.get(column) == (home, name), f"{mart.name}.{column}"
                declared += 1
    assert declared > 150


def test_the_data_tests_read_every_fact(manifest: Manifest) -> None:
    """Keys are unique by construction but where a refresh deletes and inserts; they lead to rows."""
    models = manifest.models
    reads = {
        test.unique_id.rpartition(".")[2]: {
            models[key].name for key in test.depends_on if key in models
        }
        for test in manifest.tests
        if not test.kind
    }
    facts = {
        mart.name: mart
        for mart in manifest.marts
        if mart.name.startswith("fct_") and mart.materialized != "view"
    }
    assert all(mart.foreign_keys for mart in facts.values())
    refreshed = {name for name, mart in facts.items() if mart.materialized == "incremental"}
    named = {one.model for mart in facts.values() for one in mart.foreign_keys}
    assert reads == {
        "keys_are_unique": refreshed | {"int_changed_tickets"},
        "keys_lead_to_rows": set(facts) | named,
        "rows_are_usable": {"reconciliation", "quarantine"},
    }


def test_policies_are_matched_by_the_properties_that_the_contract_names() -> None:
    [conditions] = [one for one in contract_tables()["sla_policies"].columns if one.properties]
    for model in ("int_sla_policy_matches", "int_sla_clock_targets"):
        text = (dbt_project() / "models" / "intermediate" / "sla" / f"{model}.sql").read_text()
        assert f"set properties = {list(conditions.properties)}" in text
        assert all(f"{name}" in conditions.description for name in conditions.properties)


def test_a_build_stops_at_a_bad_row_of_the_tables_that_figures_depend_on() -> None:
    assert {table.name for table in contract_tables().values() if table.is_strict} == {
        "business_hours", "holidays", "pipelines", "sla_pause_statuses", "sla_policies", "sla_targets", "statuses",
    }  # fmt: skip


def test_a_full_build_of_a_file_desk_runs_few_nodes(manifest: Manifest) -> None:
    """Each node costs a build some hundredths of a second."""
    ran = [
        model
        for model in manifest.models.values()
        if model.materialized != "ephemeral" and model.folder not in VENDORS
    ]
    assert 150 < len(ran) + len(manifest.tests) <= MOST_NODES


def test_a_model_has_one_test_of_a_kind(manifest: Manifest) -> None:
    """A test costs dbt as much as a small model, whatever it checks: one takes all its columns."""
    kinds = Counter((test.attached_to, test.kind) for test in manifest.tests if test.kind)
    assert not [kind for kind, number in kinds.items() if number > 1]


def test_unit_tests_and_a_build_by_hand(output: Path, tmp_path: Path) -> None:
    """An analyst's `dbt build`, in the project folder, on a warehouse that has been landed."""
    run_dbt_command([DBT, "--quiet", "build"], output, tmp_path)
    results = json.loads((tmp_path / "run_results.json").read_text())["results"]
    kinds = [result["unique_id"].split(".")[0] for result in results]
    # An exposure or a saved query has nothing to run.
    kinds_without = ("exposure.", "saved_query.")
    done = [one["status"] for one in results if not one["unique_id"].startswith(kinds_without)]
    assert set(done) == {"success", "pass"}
    assert kinds.count("unit_test") >= 2


def test_the_picture_of_the_layers_agrees_with_the_manifest(manifest: Manifest) -> None:
    assert LAYERS_PAGE.read_text() == layers_markdown(manifest), "run `make format`"


def test_the_public_marts_are_those_that_are_listed(manifest: Manifest) -> None:
    """The public interface: a change here must be in CHANGELOG.md."""
    listed = "".join(
        f"{mart.name}.{column.name} {column.data_type}\n"
        for mart in manifest.marts
        if mart.is_public
        for column in mart.columns.values()
    )
    assert PUBLIC_MARTS.read_text() == listed
