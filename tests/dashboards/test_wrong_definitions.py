"""Invalid definitions and their messages."""

import copy
from typing import Any

import pytest

from helpdesk.dashboards.definitions import read_definitions
from helpdesk.reports.errors import DefinitionError
from helpdesk.transform.nodes import manifest_of
from tests.dashboards.project import (
    FILE,
    KEYS,
    declared,
    good_manifest,
    relations,
    unrelate,
)


@pytest.fixture
def manifest() -> dict[str, Any]:
    return good_manifest()


WRONG = {
    "a key is missing": (lambda r: r.pop("title"), "report.title: is missing"),
    "a list of values has names": (
        lambda r: r["breakdowns"][1].update(column="tags", several=True, names=["a"]),
        "report.breakdowns[1].names: a list of values has none",
    ),
    "a list of values is a text": (
        lambda r: r["breakdowns"][1].update(several=True),
        "report.breakdowns[1].column: column priority is a varchar, not a list of texts",
    ),
    "a list of values is in the chart": (
        lambda r: r.update(series={"name": "tag", "label": "Tag", "column": "tags", "several": True}),
        "report.series: a row would count once for each value in the chart; move it to breakdowns",
    ),
    "a key is misspelt": (
        lambda r: r.update(titles="Speed"), "report.titles: unknown key; did you mean title?"
    ),
    "a text is none": (
        lambda r: r.update(question=3), "report.question: a text is expected, not 3"
    ),
    "a text is empty": (
        lambda r: r.update(definition=" "), "report.definition: a text is expected"
    ),
    "the id is not a name": (lambda r: r.update(id="R 1"), "report.id: 'R 1' is not a letter"),
    "the page is not a name": (lambda r: r.update(page="../x"), "report.page: '../x' is not"),
    "the chart is unknown": (
        lambda r: r.update(chart="pie"), "report.chart: 'pie' is not one of bar, line, share, heatmap, dots"
    ),
    "there are no measures": (lambda r: r.update(measures=[]), "report.measures: a list of one"),
    "measures are not a list": (lambda r: r.update(measures={"a": 1}), "report.measures: a list"),
    "a measure is not a mapping": (
        lambda r: r["measures"].__setitem__(1, "n"), "report.measures[1]: a mapping with the keys"
    ),
    "a measure has no sum": (
        lambda r: r["measures"][0].pop("sum"), "report.measures[0].sum: is missing"
    ),
    "a measure sums no column": (
        lambda r: r["measures"][0].update(sum="second"),
        "report.measures[0].sum: model rpt_speed has no column 'second'; did you mean seconds?",
    ),
    "a measure sums a text": (
        lambda r: r["measures"][0].update(denominator="team_key"),
        "report.measures[0].denominator: column team_key is a varchar, not a number",
    ),
    "a measure's direction is unknown": (
        lambda r: r["measures"][1].update(good="more"), "report.measures[1].good: 'more'"
    ),
    "a measure's format is unknown": (
        lambda r: r["measures"][1].update(format="money"), "report.measures[1].format: 'money'"
    ),
    "two measures share a name": (
        lambda r: r["measures"][1].update(name="average"), "is the name of two measures"
    ),
    "a measure's name is not a name": (
        lambda r: r["measures"][1].update(name="n'"), "report.measures[1].name: \"n'\" is not"
    ),
    "a measure lacks what it takes away": (
        lambda r: r["measures"][2].update(minus="bat"),
        "report.measures[2].minus: model rpt_speed has no column 'bat'; did you mean bad?",
    ),
    "a share is of nothing": (
        lambda r: r["measures"][2].pop("denominator"),
        "report.measures[2].denominator: is missing; the format points needs a sum over another",
    ),
    "a measure's values are not a list": (
        lambda r: r["measures"][0].update(values="seconds"),
        "report.measures[0].values: column seconds is a bigint, not a list of values",
    ),
    "a measure's values are not a column": (
        lambda r: r["measures"][0].update(values="second_values"),
        "report.measures[0].values: model rpt_speed has no column 'second_values'; "
        "did you mean seconds_values?",
    ),
    "a sum has values": (
        lambda r: r["measures"][0].pop("denominator"),
        "report.measures[0].values: only an average duration",
    ),
    "an average that is not a duration has values": (
        lambda r: r["measures"][0].update(format="decimal"),
        "report.measures[0].values: only an average duration",
    ),
    "a difference has values": (
        lambda r: r["measures"][0].update(minus="bad"),
        "report.measures[0].values: only an average duration",
    ),
    "a quantile is no part": (
        lambda r: r["measures"][0].update(quantile=90),
        "report.measures[0].quantile: a number between 0 and 1, of a measure with values, not 90",
    ),
    "a quantile is of no values": (
        lambda r: r["measures"][1].update(quantile=0.9), "report.measures[1].quantile: a number"
    ),
    "a quantile has no share": (
        lambda r: (r["measures"][0].update(quantile=0.5), r.pop("axis", None), r.update(
            chart="share", series={"name": "status", "label": "Status", "column": "status_key"})),
        "report.chart: a difference or a percentile has no share",
    ),
    "an order is unknown": (
        lambda r: r.update(sort="size"), "report.sort: 'size' is not one of count, highest, lowest"
    ),
    "a limit is no number": (
        lambda r: r.update(limit=True), "report.limit: a number from 1 to 50 of members is expected"
    ),
    "a limit is too large": (
        lambda r: r.update(limit=51), "report.limit: a number from 1 to 50 of members is expected"
    ),
    "the series is not a mapping": (
        lambda r: r.update(series="status_key"),
        "report.series: a mapping with the keys name, label, column is expected",
    ),
    "the series has a key of old": (
        lambda r: r["series"].update(dimension="dim_x"),
        "report.series.dimension: unknown key; there are: name, label, column, member, order",
    ),
    "the series has no label": (
        lambda r: r["series"].pop("label"), "report.series.label: is missing"
    ),
    "the series names no column": (
        lambda r: r["series"].update(column="state_key"),
        "report.series.column: model rpt_speed has no column 'state_key'",
    ),
    "the series is the date": (
        lambda r: r["series"].update(column="report_date"),
        "report.series.column: column report_date is a date, not a text or number",
    ),
    "the series' order is not a column": (
        lambda r: r["series"].update(order="rank"),
        "report.series.order: model dim_status_key has no column 'rank'",
    ),
    "a series and an axis": (
        lambda r: r.update(axis={"name": "team", "label": "Team", "column": "team_key"}),
        "report.axis: a report has a series or an axis, not both",
    ),
    "the axis names no column": (
        lambda r: r.update(axis={"name": "h", "label": "Hour", "column": "hour"}, series=None),
        "report.axis.column: model rpt_speed has no column 'hour'",
    ),
    "a heatmap of a series": (
        lambda r: r.update(chart="heatmap"),
        "report.chart: 'heatmap' needs axis and rows, and no other of series, axis, rows",
    ),
    "a stack of averages": (
        lambda r: r.update(chart="stacked"),
        "report.chart: an average cannot be stacked",
    ),
    "a figure with a series": (
        lambda r: r.update(chart="figure"),
        "report.chart: 'figure' has none of series, axis, rows",
    ),
    "rows are no breakdown": (
        lambda r: r.update(chart="dots", rows="status", series=None),
        "report.rows: 'status' is not a breakdown of single values; there are: team, priority",
    ),
    "the members that are left out have no such column": (
        lambda r: r.update(chart="share", left_out={"column": "state", "value": "closed"}),
        "report.left_out.column: model dim_status_key has no column 'state'",
    ),
    "the scores have no scale": (
        lambda r: r.update(histogram={"values": "priority", "scale": "team"}),
        "report.histogram.scale: model dim_team_key has no column 'scale_min'",
    ),
    "a report next to itself": (
        lambda r: r.update(alongside=[{"report": "R1"}], series=None),
        "report.alongside[0]: a count over time and another one are needed",
    ),
    "a report next to an unknown one": (
        lambda r: r.update(alongside=[{"report": "R2"}], series=None),
        "report.alongside[0].report: 'R2' is not a report with a page; there are: R1",
    ),
    "the series draws no member": (
        lambda r: r["series"].update(top=0), "report.series.top: a number from 1 is expected, not 0"
    ),
    "some members of a breakdown": (
        lambda r: r["breakdowns"][1].update(top=3),
        "report.breakdowns[1].top: only a series can have a top",
    ),
    "a dimension is named twice": (
        lambda r: r["series"].update(names=["New"]),
        "report.series.names: column status_key gets its names from its dimension",
    ),
    "names are not a list": (
        lambda r: r["breakdowns"][1].update(names="Monday"),
        "report.breakdowns[1].names: a list of one",
    ),
    "a name is not a text": (
        lambda r: r["breakdowns"][1].update(names=["Monday", 2]),
        "report.breakdowns[1].names[1]: a text is expected, not 2",
    ),
    "breakdowns are not a list": (
        lambda r: r.update(breakdowns={"name": "team"}),
        "report.breakdowns: a list of one or more items is expected",
    ),
    "there are no breakdowns": (
        lambda r: r.update(breakdowns=[]), "report.breakdowns: a list of one"
    ),
    "a breakdown's name is not a name": (
        lambda r: r["breakdowns"][1].update(name="a b"), "report.breakdowns[1].name: 'a b' is not"
    ),
    "a breakdown has a key too many": (
        lambda r: r["breakdowns"][0].update(members="name"),
        "report.breakdowns[0].members: unknown key; did you mean member?",
    ),
    "a breakdown's member is not a column": (
        lambda r: r["breakdowns"][0].update(member="titles"),
        "report.breakdowns[0].member: model dim_team_key has no column 'titles'; "
        "did you mean title?",
    ),
    "a column that is itself shown has a member": (
        lambda r: r["breakdowns"][1].update(member="name"),
        "report.breakdowns[1].member: column priority is shown itself",
    ),
    "a column that is itself shown has an order": (
        lambda r: r["breakdowns"][1].update(order="place"),
        "report.breakdowns[1].order: column priority is shown itself",
    ),
    "two breakdowns share a name": (
        lambda r: r["breakdowns"][1].update(name="team"),
        "report.breakdowns[1].name: 'team' is the name of two breakdowns",
    ),
    "a breakdown has the name of the series": (
        lambda r: r["breakdowns"][0].update(name="status"),
        "report.breakdowns[0].name: 'status' is the name of two breakdowns",
    ),
    "stock is neither true nor false": (
        lambda r: r.update(point_in_time="yes"), "report.point_in_time: true or false is expected, not 'yes'"
    ),
    "needs are not a list": (
        lambda r: r.update(requires="messages"), "report.requires: a list of one or more items is expected"
    ),
    "what it needs is not in the contract": (
        lambda r: r["requires"].append("sla_target"),
        "report.requires[2]: 'sla_target' is not a table of the file contract; did you mean sla_targets?",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_definition_is_named_by_file_and_key(manifest, case):
    spoil, complaint = WRONG[case]
    spoil(declared(manifest))
    with pytest.raises(DefinitionError) as caught:
        read_definitions(manifest_of(manifest))
    assert str(caught.value).startswith(f"{FILE}: model rpt_speed: config.meta.report")
    assert complaint in str(caught.value)


def test_a_report_needs_its_date(manifest):
    del manifest["nodes"]["model.x.rpt_speed"]["columns"]["report_date"]
    with pytest.raises(DefinitionError, match=f"{FILE}.*no column 'report_date'"):
        read_definitions(manifest_of(manifest))


def test_a_key_without_a_relation_has_no_names(manifest):
    unrelate(manifest, "status_key")
    complaint = rf"{FILE}.*report\.series\.column: column status_key has no relation"
    with pytest.raises(DefinitionError, match=complaint):
        read_definitions(manifest_of(manifest))


@pytest.mark.parametrize("key", ["status_key", "agent_key"])
def test_a_dimension_without_a_name_has_no_members_to_show(manifest, key):
    del manifest["nodes"][f"model.x.dim_{key}"]["columns"]["name"]
    with pytest.raises(DefinitionError, match=f"{FILE}.*model dim_{key} has no column 'name'"):
        read_definitions(manifest_of(manifest))


def test_a_filter_column_without_a_relation_has_no_names(manifest):
    unrelate(manifest, "team_key")
    del declared(manifest)["breakdowns"]
    with pytest.raises(DefinitionError, match=f"{FILE}.*team_key has no relation"):
        read_definitions(manifest_of(manifest))


@pytest.mark.parametrize("identifier", ["R1", "r1"])
def test_two_reports_may_not_share_an_id(manifest, identifier):
    twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
    twin["config"]["meta"]["report"]["id"] = identifier
    manifest["nodes"]["model.x.rpt_twin"] = {**twin, "unique_id": "model.x.rpt_twin"}
    with pytest.raises(DefinitionError, match=f"{identifier} is also the id of 'Speed'"):
        read_definitions(manifest_of(manifest))


def test_reports_must_agree_on_the_dimension_of_a_filter(manifest):
    twin = copy.deepcopy(manifest["nodes"]["model.x.rpt_speed"])
    twin["config"]["meta"]["report"]["id"] = "R2"
    manifest["nodes"]["model.x.rpt_twin"] = {**twin, "unique_id": "model.x.rpt_twin"}
    twin["config"]["meta"]["relations"] = relations(**dict.fromkeys(KEYS, "dim_team_key"))
    with pytest.raises(DefinitionError, match="agent_key relates to another model"):
        read_definitions(manifest_of(manifest))


def test_without_a_report_there_is_nothing_to_build(manifest):
    del manifest["nodes"]["model.x.rpt_speed"]["config"]["meta"]["report"]
    with pytest.raises(DefinitionError, match=r"no model with config\.meta\.report"):
        read_definitions(manifest_of(manifest))


def test_the_clock_must_be_one_model(manifest):
    del manifest["nodes"]["model.x.log"]
    with pytest.raises(DefinitionError, match="0 public models have the columns"):
        read_definitions(manifest_of(manifest))
