"""The typed view of the manifest."""

import json
from pathlib import Path

import pytest

from helpdesk.core.errors import HelpdeskError
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import ForeignKey, Manifest, manifest_of, read_manifest


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return read_manifest(ensure_manifest())


def test_a_missing_manifest_names_its_command(tmp_path: Path) -> None:
    with pytest.raises(HelpdeskError, match="dbt parse"):
        read_manifest(tmp_path / "manifest.json")


def test_a_model_has_its_place_its_keys_and_what_is_never_null(manifest: Manifest) -> None:
    tickets = manifest.models["model.helpdesk.fct_tickets"]
    assert (tickets.layer, tickets.folder, tickets.materialized) == ("marts", "core", "incremental")
    assert tickets.file == "models/marts/core/_core__models.yml"
    assert tickets.key == ("ticket_key",)
    assert ForeignKey("team_key", "dim_teams", "team_key") in tickets.foreign_keys
    assert "ticket_key" in tickets.never_null
    assert "closed_at" not in tickets.never_null


def test_a_model_outside_of_the_folders_has_no_layer_and_its_key_may_be_one_name() -> None:
    written = json.loads(ensure_manifest().read_text())
    node = written["nodes"]["model.helpdesk.fct_tickets"]
    node["fqn"] = ["helpdesk", "fct_tickets"]
    node["config"]["unique_key"] = "ticket_key"
    model = manifest_of(written).models["model.helpdesk.fct_tickets"]
    assert (model.layer, model.folder, model.key) == ("", "", ("ticket_key",))
