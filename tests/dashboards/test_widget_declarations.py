"""Widgets in the manifest: they are read, and errors name file and key."""

import copy
import json
from typing import Any

import pytest

from helpdesk.dashboards.widgets import read_widgets
from helpdesk.reports.errors import DashboardError, DefinitionError
from helpdesk.transform.nodes import manifest_of


@pytest.fixture(scope="module")
def manifest(desk) -> dict[str, Any]:
    return json.loads(desk.manifest.read_text())


def node(manifest: dict[str, Any], name: str) -> dict[str, Any]:
    return next(
        one for one in manifest["nodes"].values()
        if one["resource_type"] == "model" and one["name"] == name
    )  # fmt: skip


def test_a_widget_requires_tables_of_the_contract(widgets, ask, desk):
    rows = desk.truth.connection.execute("select table_name from marts.reconciliation").fetchall()
    required = {
        table
        for widget in widgets.widgets
        for owner in (widget, *widget.figures, *widget.newest)
        for table in owner.requires
    }
    required |= {table for widget in widgets.widgets for table in widget.status_requires}
    assert required <= {table for (table,) in rows}


WRONG = {
    "the kind is unknown": (lambda b: b.update(kind="pie"), "kind: 'pie' is not one of figures"),
    "the page is another": (lambda b: b.update(page="sla"), "page: 'sla' is not one of summary"),
    "a key is misspelled": (lambda b: b.update(titles="x"), "titles: unknown key; did you mean title?"),
    "a key is missing": (lambda b: b.pop("definition"), "definition: is missing"),
    "the place is not a number": (lambda b: b.update(position="1"), "position: a whole number"),
    "requires is not a list": (lambda b: b.update(requires="calls"), "requires: a list of texts"),
    "there are no figures": (lambda b: b.update(figures={}), "figures: a mapping of one"),
    "a figure is not a name": (
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
    "the value of a list has an unknown format": (
        lambda b: b["figures"]["csat"]["tickets"]["value"].update(format="seconds"),
        "figures.csat.tickets.value.format: 'seconds' is not one of duration, hours, decimal",
    ),
    "the value of a list has no label": (
        lambda b: b["figures"]["csat"]["tickets"]["value"].pop("label"),
        "figures.csat.tickets.value.label: is missing",
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
    spoil(node(manifest, "rpt_summary_team")["config"]["meta"]["widget"])
    with pytest.raises(DefinitionError) as caught:
        read_widgets(manifest_of(manifest))
    assert "summary/_summary__models.yml: model rpt_summary_team: config.meta.widget" in str(
        caught.value
    )
    assert complaint in str(caught.value)


def test_a_member_needs_a_name(manifest):
    manifest = copy.deepcopy(manifest)
    node(manifest, "rpt_summary_channels")["config"]["meta"]["widget"]["by"] = "figure"
    with pytest.raises(
        DefinitionError,
        match=r"rpt_summary_channels: config\.meta\.widget\.by: column figure has no",
    ):
        read_widgets(manifest_of(manifest))


def test_a_view_of_the_figures_by_team_is_one_of_the_models(manifest):
    manifest = copy.deepcopy(manifest)
    node(manifest, "rpt_summary_by_team")["config"]["meta"]["widget"]["views"] = ["rpt_summary_tea"]
    with pytest.raises(
        DefinitionError,
        match=r"rpt_summary_by_team: config\.meta\.widget\.views: there is no model"
        r" 'rpt_summary_tea'; did you mean rpt_summary_team",
    ):
        read_widgets(manifest_of(manifest))


def test_figures_without_a_list_of_tickets_are_rejected(manifest):
    manifest = copy.deepcopy(manifest)
    del node(manifest, "fct_tickets")["config"]["meta"]["widget"]
    with pytest.raises(DefinitionError, match="no model has `kind: tickets`"):
        read_widgets(manifest_of(manifest))


def test_a_condition_that_does_not_run_is_named_by_file_and_key(manifest, changed):
    manifest = copy.deepcopy(manifest)
    declared = node(manifest, "rpt_summary_team")["config"]["meta"]["widget"]
    declared["figures"]["tickets_open"]["tickets"]["where"] = "nonsense = 1"
    with pytest.raises(
        DashboardError,
        match=r"_summary__models\.yml: model rpt_summary_team.*tickets_open\.tickets: .*nonsense",
    ):
        changed(of=read_widgets(manifest_of(manifest)))


def test_marts_without_a_widget_s_model_are_rejected(changed):
    with pytest.raises(DashboardError, match="rpt_summary_calls"):
        changed(
            "update reconciliation set is_configured = true where table_name = 'calls'",
            "drop view rpt_summary_calls",
        )
