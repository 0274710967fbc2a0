"""Own fields and tags in the settings, and the dbt project that is generated from them."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from dbt.clients.jinja import get_rendered
from dbt_common.clients.jinja import extract_toplevel_blocks, get_environment
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from helpdesk.core.errors import ConfigError
from helpdesk.core.places import SHIPPED
from helpdesk.core.settings import load_settings
from helpdesk.load.landed_fields import LandedField, landed_fields
from helpdesk.load.own_fields import ResolvedField, resolve
from helpdesk.transform.own_filters import filter_properties
from helpdesk.transform.own_models import BRIDGES_YAML, CORE_YAML, files_of_fields, macro_of, shown
from tests.conftest import run_helpdesk
from tests.small_desk import DESK, write_desk

PLAN = LandedField("hubspot", "ticket", "plan", "Plan", "option", (("p", "Pro"),))
SEATS = LandedField("hubspot", "company", "seats", "Seats", "number")
CAUSE = LandedField("zendesk", "ticket", "360012345678", "Root cause!", "text")
HOSTILE = (
    "a'b",
    'a"b',
    "{{ 1 }}",
    "{% raw %}",
    "{# no",
    "#}",
    "%}",
    "a\nb",
    "a\\",
    "'; drop table x; --",
    "ü💥",
)


def declared(text: str, folder: Path, *landed: LandedField) -> list[ResolvedField]:
    file = folder / "helpdesk.yml"
    file.write_text(text)
    return resolve(load_settings(file), landed).fields


def test_lists_of_the_help_desk_complete_the_settings(tmp_path: Path) -> None:
    text = """
    fields:
      - {field: plan, filter: true, at: [creation, close]}
      - {field: seats, object: company, label: Licences}
      - {field: 360012345678}
      - {field: Region, name: region, source: hubspot}
      - {field: gebiet, name: region, source: zendesk_emea}
    tags: {include: [vip, 2024, "churn-*"]}
    """
    plan, seats, cause, region, tags = declared(text, tmp_path, PLAN, SEATS, CAUSE)
    assert (plan.label, plan.type, plan.is_filter, plan.at) == (
        "Plan", "option", True, ["creation", "close"],
    )  # fmt: skip
    assert (seats.object, seats.label, seats.type) == ("company", "Licences", "number")
    assert (cause.name, cause.sources) == ("root_cause", [{"source": "", "field": "360012345678"}])
    assert (region.type, region.sources) == (
        "text",
        [{"source": "hubspot", "field": "Region"}, {"source": "zendesk_emea", "field": "gebiet"}],
    )
    assert (tags.name, tags.is_many, tags.include) == ("tags", True, ["vip", "2024", "churn-*"])
    assert tags.as_dict()["type"] == "options"
    assert "include" not in plan.as_dict()
    assert declared("tags: all\n", tmp_path)[0].include == ["*"]


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("fields: [{field: plan, title: x}]", "unknown setting 'fields.plan.title'; the settings are field, object, name"),
        ("fields: some", "fields: must be 'all'"),
    ("fields: {plan: text}", "fields: a list, with `- ...` for each entry, is expected, not a mapping"),
    ("fields: [{field: plan, filter: maybe}]", "fields.plan.filter: true or false is expected, not a text"),
        ("fields: [{field: x, source: hubspott}]", "'hubspott' is not a source.*did you mean hubspot"),
        ("fields: [{field: priority}]", "priority is already in use, for object ticket; write `name: ticket_priority`"),
        ("fields: [{field: owner}]", "owner is already in use"),
        ("fields: [{field: order}]", "order is a reserved word of SQL, for object ticket; write `name: ticket_order`"),
        ("fields: [{field: x1, name: plan}, {field: x2, name: plan}]", "two entries of ticket have the name plan.*`source:` in each"),
        ("fields: [{field: x1, name: plan, source: hubspot, type: date}, {field: x2, name: plan, source: zendesk}]",
         "plan is date in one entry and text in another; write the same `type:` in both"),
        ("fields: [{field: x, name: Plan__c}]", "'Plan__c' is not a column name.*write `name: plan_c`"),
        ("fields: [{field: x, name: ab_at_close}, {field: y, name: ab, at: [close]}]", "ab_at_close is also a column of x, for object ticket; write `name: ticket_ab`"),
        ("fields: [{field: ticket, type: number}]", "ticket is already in use"),
        ("fields: [{field: average_x, type: number}, {field: y, name: average_x, object: company, type: number}]",
         "average_x_sum is the name of another measure, for object company; write `name: company_average_x`"),
        ("fields: [{field: x, type: options, filter: true}]", "with several values.*delete `filter: true`"),
        ("fields: [{field: x, object: company, at: [close]}]", "only tickets have values at creation.*delete `at`"),
        ("fields: [{field: tags}]", "tags is already in use"),
        ("tags: {filter: true}", "tags cannot be a filter of the pages.*delete `filter: true`"),
    ],
)  # fmt: skip
def test_an_error_names_the_line_to_write(section: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"(?s){said}"):
        declared(section, tmp_path)


def test_unknown_types_and_types_that_differ_by_source_are_reported(tmp_path: Path) -> None:
    other = LandedField("zendesk", "ticket", "plan", "Plan", "number")
    with pytest.raises(ConfigError, match=r"plan is option in hubspot, number in zendesk; add"):
        declared("fields: [{field: plan}]", tmp_path, PLAN, other)
    (one,) = declared("fields: [{field: plan, source: zendesk}]", tmp_path, PLAN, other)
    assert one.type == "number"
    several = LandedField("hubspot", "ticket", "plan", "Plan", "options")
    with pytest.raises(ConfigError, match=r"plan: a field with several values"):
        declared("fields: [{field: plan, filter: true}]", tmp_path, several)
    file = tmp_path / "unknown.yml"
    file.write_text("fields: [{field: a1}, {field: plan}, {field: b1, type: text}]")
    assert resolve(load_settings(file), [PLAN]).notes == [
        "own fields: the type of a1 is unknown, so it is text; to change it, add `type: number` (or "
        "boolean, date, datetime, option, options) to `field: a1` in the settings"
    ]


def test_all_includes_custom_fields_that_are_not_personal_by_unique_names(tmp_path: Path) -> None:
    landed = [
        PLAN,
        SEATS,
        CAUSE,
        LandedField("hubspot", "ticket", "hs_x", "HubSpot's", "text", is_custom=False),
        LandedField("hubspot", "contact", "mobile", "Mobile", "text", is_personal=True),
        LandedField("zendesk", "ticket", "plan", "Plan", "text"),
        LandedField("zendesk", "ticket", "11", "Priority", "text"),
        LandedField("zendesk", "ticket", "12", "Plan", "text"),
        LandedField("zendesk", "ticket", "13", "", "text"),
    ]
    file = tmp_path / "helpdesk.yml"
    file.write_text("fields: all\n")
    found = resolve(load_settings(file), landed)
    names = {one.name: one.type for one in found.fields}
    assert names == {
        "plan": "text", "seats": "number", "root_cause": "text", "priority_field": "text",
        "plan_field": "text", "field_13": "text",
    }  # fmt: skip
    assert found.notes == [
        "own fields: `fields: all` leaves out 1 that may be personal; to include them, declare "
        "each field; `helpdesk fields discover` lists them"
    ]
    many = [LandedField("hubspot", "ticket", f"f{n}", "", "text") for n in range(201)]
    with pytest.raises(
        ConfigError, match=r"`all` makes 201 columns, more than 200; declare the fields"
    ):
        resolve(load_settings(file), many)


def test_every_vendors_list_is_read_and_the_newest_row_wins(tmp_path: Path) -> None:
    def land(name: str, *rows: dict[str, Any]) -> None:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    (tmp_path / "ticket_fields.csv").write_text(
        'field_id,name,type,label,options\nplan,plan,Option,"Plan, old","{""p"": ""Pro""}"\n'
    )
    plan = {"objectType": "tickets", "name": "plan", "type": "enumeration", "fieldType": "select"}
    options = {"options": [{"value": "p", "label": "Pro"}, {"value": "b"}]}
    land("hubspot/properties/1.jsonl", {**plan, "label": "Old"})
    land(
        "hubspot/properties/2.jsonl",
        {**plan, "label": "Plan", **options, "hubspotDefined": False},
        {**plan, "name": "areas", "fieldType": "checkbox"},
        {**plan, "name": "is_vip", "fieldType": "booleancheckbox", "hubspotDefined": True},
        {**plan, "objectType": "0-2", "name": "seats", "type": "number", "fieldType": "number"},
        {**plan, "objectType": "p_subscription", "name": "plan"},
    )
    land(
        "zendesk_emea/ticket_fields.jsonl",
        {"id": 360012345678, "title": "Root cause", "type": "tagger",
         "custom_field_options": [{"name": "Bug", "value": "bug"}]},
        {"id": 1, "title": "Subject", "type": "subject"},
    )  # fmt: skip
    land(
        "zendesk_emea/user_fields.jsonl",
        {"id": 2, "key": "seats", "title": "Seats", "type": "integer"},
        {"id": 3, "key": "phone_2", "title": "Second phone", "type": "text"},
    )
    found = {(one.source_system, one.object, one.field): one for one in landed_fields(tmp_path)}
    assert {key: one.type for key, one in found.items()} == {
        ("generic", "ticket", "plan"): "option",
        ("hubspot", "company", "seats"): "number",
        ("hubspot", "ticket", "areas"): "options",
        ("hubspot", "ticket", "is_vip"): "boolean",
        ("hubspot", "ticket", "p_subscription.plan"): "option",
        ("hubspot", "ticket", "plan"): "option",
        ("zendesk_emea", "contact", "phone_2"): "text",
        ("zendesk_emea", "contact", "seats"): "number",
        ("zendesk_emea", "ticket", "1"): "text",
        ("zendesk_emea", "ticket", "360012345678"): "option",
        # A ticket's brand, which no list of fields has.
        ("zendesk_emea", "ticket", "brand_id"): "option",
    }
    plan_now = found["hubspot", "ticket", "plan"]
    assert (plan_now.label, plan_now.options) == ("Plan", (("p", "Pro"), ("b", "b")))
    assert found["generic", "ticket", "plan"].label == "Plan, old"
    assert found["zendesk_emea", "ticket", "360012345678"].options == (("bug", "Bug"),)
    not_custom = {key[2] for key, one in found.items() if not one.is_custom}
    assert not_custom == {"is_vip", "p_subscription.plan", "1", "brand_id"}
    assert [key[2] for key, one in found.items() if one.is_personal] == ["phone_2"]


texts = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=3))
@examples(max_examples=50, deadline=None)
def test_labels_and_ids_are_never_code_in_the_generated_project(
    named: list[tuple[str, str]],
) -> None:
    fields = [
        ResolvedField(
            f"own_{place}", label, "ticket", "options", True, ["close"], False, f"{label} ({native})",
            [{"source": "", "field": native}], [native],
        ).as_dict()
        for place, (label, native) in enumerate(named)
    ]  # fmt: skip
    (block,) = extract_toplevel_blocks(
        macro_of(fields), allowed_blocks={"macro"}, collect_raw_data=False
    )
    returned: list[Any] = []
    macro = get_environment().from_string(block.full_block, globals={"return": returned.append})
    macro.module.dbt_macro__own_fields()
    macro.module.dbt_macro__own_fields("company")
    assert returned == [fields, []]
    for label, _ in named:
        assert get_rendered(shown(label), {}) == shown(label)


def test_a_project_with_fields_has_their_columns_bridges_and_measures(tmp_path: Path) -> None:
    text = """
    fields:
      - {field: a, name: hostile, label: "{{ x }} 'a': #}", type: number, at: [creation]}
      - {field: plan, object: company, type: option}
      - {field: due, name: due_on, type: date}
    tags: all
    """
    fields = [one.as_dict() for one in declared(text, tmp_path)]
    shipped = {path.relative_to(SHIPPED): path for path in SHIPPED.rglob("*.yml")}
    made = files_of_fields(shipped, fields)
    assert files_of_fields(shipped, []) == {}
    core = {one["name"]: one for one in yaml.safe_load(made[CORE_YAML])["models"]}
    *_, hostile, at_creation, due, tags = core["fct_tickets"]["columns"]
    assert (hostile["name"], hostile["data_type"]) == ("hostile", "double")
    assert hostile["config"]["meta"]["own_field"]["label"] == "{ { x } } 'a': # }"
    assert at_creation["name"] == "hostile_at_creation"
    assert at_creation["config"]["meta"]["own_field"]["label"].endswith("(at creation)")
    assert (due["data_type"], tags["config"]["meta"]["is_many"]) == ("date", True)
    assert (
        core["dim_companies"]["columns"][-1]["description"]
        == "Own field Plan of the company now (plan)."
    )
    semantic = yaml.safe_load(made[Path("models/semantic/tickets.yml")])
    dimensions = {one["name"]: one for one in semantic["semantic_models"][0]["dimensions"]}
    assert dimensions["tags"]["config"]["meta"]["bridge"] == {
        "model": "bridge_ticket_tags", "key": "ticket_key", "value": "value",
    }  # fmt: skip
    assert dimensions["due_on"]["type"] == "time"
    metrics = [one["name"] for one in semantic["metrics"]]
    assert metrics[-5:] == [
        "hostile_sum", "hostile_average", "hostile_median", "hostile_count", "due_on_count",
    ]  # fmt: skip
    bridge = made[Path("models/marts/core/bridge_ticket_tags.sql")]
    assert bridge == "{{ bridge_ticket_field('tags') }}\n"
    assert "bridge_ticket_tags" in made[BRIDGES_YAML]


def test_discovery_declares_filled_fields_and_keeps_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    desk = {table: [dict(row) for row in rows] for table, rows in DESK.items()}
    desk["tickets"][0] |= {"order": "7", "[red]area": "North", "email_2": "a@b.example"}
    desk["tickets"][0] |= {"tags": "vip, churn"}
    listed = {"field_id": "[red]area", "name": "area", "type": "option", "label": "Area"}
    desk["ticket_fields"] = [{**listed, "options": {"n": "North", "s": "South"}}]
    landing = write_desk(tmp_path / "landing", desk)
    config = tmp_path / "helpdesk.yml"
    config.write_text("# ours\nreport_timezone: UTC  # for now")
    discover = ("fields", "discover", "--landing", landing, "--config", config)
    shown_rows = run_helpdesk(*discover, "--write").stdout
    assert "[red]area" in shown_rows
    assert "personal?" in shown_rows
    assert config.read_text() == (
        "# ours\nreport_timezone: UTC  # for now\n\nfields:\n"
        '  - {"field": "[red]area", "name": "area"}\n'
        '  - {"field": "order", "name": "order_field", "type": "number"}\n'
    )
    # Nothing is cut off in a narrow terminal, and a missing file is created.
    monkeypatch.setenv("COLUMNS", "60")
    new = tmp_path / "new.yml"
    made = run_helpdesk(*discover[:-1], new, "--write").stdout
    assert "…" not in made
    assert "generic: 2 tags on 1 tickets" in made
    assert new.read_text().startswith("fields:\n")
    monkeypatch.setenv("COLUMNS", "200")
    again = run_helpdesk(*discover, "--write").stdout
    assert "nothing to add" in again
    assert "declared" in again


def test_discovery_says_where_fields_would_be_found(landing: Path) -> None:
    said = run_helpdesk("fields", "discover", "--landing", landing).stdout
    assert f"no own fields in {landing}: they are further columns of tickets" in said
    assert "nothing to add" not in said


FILTER = {"name": "area", "label": "Area", "object": "ticket", "type": "option", "is_filter": True}
WRONG = {
    "of a company": ({"object": "company"}, "only fields of tickets .* delete the line"),
    "with the name of a column": (
        {"name": "ticket_count"},
        "report rpt_.* already has a column with this name.*`name: ticket_count_of_ticket`",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_filter_that_no_report_can_have_is_rejected_with_the_line_to_write(case):
    changed, complaint = WRONG[case]
    folder = SHIPPED / "models/marts/reports"
    files = {path.relative_to(SHIPPED): path for path in folder.iterdir()}
    with pytest.raises(ConfigError, match=complaint):
        filter_properties(files, [FILTER | changed])
