"""What the manifest declares of boards is read; what is wrong in it is named by file and key."""

import copy
import json
from typing import Any

import pytest

from dashboards.boards import load_boards, read_boards
from dashboards.errors import DashboardError, DefinitionError


@pytest.fixture(scope="module")
def manifest(desk) -> dict[str, Any]:
    return json.loads(desk.manifest.read_text())


def node(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        one for one in manifest["nodes"].values()
        if one["resource_type"] == "model" and one["name"] == name
    )  # fmt: skip


def test_what_a_part_needs_is_a_table_of_the_contract(boards, ask, desk):
    rows = desk.truth.connection.execute("select table_name from marts.reconciliation").fetchall()
    needs = {
        table
        for part in boards.parts
        for owner in (part, *part.figures, *part.newest)
        for table in owner.needs
    }
    needs |= {table for part in boards.parts for table in part.status_needs}
    assert needs <= {table for (table,) in rows}


WRONG = {
    "the part is unknown": (lambda b: b.update(part="pie"), "part: 'pie' is not one of figures"),
    "the page is another": (lambda b: b.update(page="sla"), "page: 'sla' is not one of summary"),
    "a key is misspelt": (lambda b: b.update(titel="x"), "titel: unknown key; did you mean title?"),
    "a key is missing": (lambda b: b.pop("definition"), "definition: is missing"),
    "the place is no number": (lambda b: b.update(position="1"), "position: a whole number"),
    "needs are no list": (lambda b: b.update(needs="calls"), "needs: a list of texts"),
    "there are no figures": (lambda b: b.update(figures={}), "figures: a mapping with one"),
    "a figure is no name": (
        lambda b: b.update(figures={"a b": {"label": "x"}}), "figures.a b: 'a b' is not a letter"
    ),
    "a direction is unknown": (
        lambda b: b["figures"]["csat"].update(good="high"), "figures.csat.good: 'high' is not one"
    ),
    "the tickets come from no model": (
        lambda b: b["figures"]["csat"]["tickets"].update({"from": "ref('fct_ticket')"}),
        "figures.csat.tickets.from: there is no model 'fct_ticket'; did you mean fct_tickets?",
    ),
    "the tickets come from no ref": (
        lambda b: b["figures"]["csat"]["tickets"].update({"from": "fct_tickets"}),
        "figures.csat.tickets.from: ref('<model>') is expected",
    ),
    "the tickets go by no column": (
        lambda b: b["figures"]["csat"]["tickets"].update(at="responded"),
        "figures.csat.tickets.at: model fct_survey_responses has no column 'responded'",
    ),
    "the order is unknown": (
        lambda b: b["figures"]["csat"]["tickets"].update(first="last"), "tickets.first: 'last'"
    ),
    "two lists share a name": (
        lambda b: b["figures"]["csat"]["tickets"].update(name="tickets_open"),
        "also lists tickets_open",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_declaration_is_named_by_file_and_key(manifest, case):
    manifest = copy.deepcopy(manifest)
    spoil, complaint = WRONG[case]
    spoil(node(manifest, "rpt_summary_team")["config"]["meta"]["board"])
    with pytest.raises(DefinitionError) as caught:
        read_boards(manifest)
    assert "summary/rpt_summary_team.yml: model rpt_summary_team: config.meta.board" in str(
        caught.value
    )
    assert complaint in str(caught.value)


def test_a_member_needs_a_name(manifest):
    manifest = copy.deepcopy(manifest)
    node(manifest, "rpt_summary_channels")["config"]["meta"]["board"]["by"] = "figure"
    with pytest.raises(
        DefinitionError, match=r"rpt_summary_channels\.yml.*by: column figure is in no"
    ):
        read_boards(manifest)


def test_figures_lead_somewhere_or_are_refused(manifest):
    manifest = copy.deepcopy(manifest)
    del node(manifest, "fct_tickets")["config"]["meta"]["board"]
    with pytest.raises(DefinitionError, match="no model has the board part `tickets`"):
        read_boards(manifest)


def test_a_condition_that_does_not_run_is_named_by_file_and_key(manifest, changed):
    manifest = copy.deepcopy(manifest)
    declared = node(manifest, "rpt_summary_team")["config"]["meta"]["board"]
    declared["figures"]["tickets_open"]["tickets"]["where"] = "nonsense = 1"
    with pytest.raises(
        DashboardError, match=r"rpt_summary_team\.yml.*tickets_open\.tickets: .*nonsense"
    ):
        changed(of=read_boards(manifest))


def test_marts_without_a_board_s_model_are_refused(changed):
    with pytest.raises(DashboardError, match="rpt_summary_calls"):
        changed(
            "update reconciliation set is_configured = true where table_name = 'calls'",
            "drop table rpt_summary_calls",
        )


def test_a_missing_manifest_says_how_to_make_one(tmp_path):
    with pytest.raises(DefinitionError, match="dbt parse"):
        load_boards(tmp_path / "manifest.json")
