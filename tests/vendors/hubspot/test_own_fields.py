"""The requests for an account's own fields, and the fetched values."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from helpdesk.core.settings import OwnField, Settings
from helpdesk.extract.copied import copy_tables
from helpdesk.extract.declared import NONE, Declared, declared_of
from helpdesk.simulator import simulate
from tests.vendors.hubspot import copies
from tests.vendors.hubspot.fetching import EARLIER, UNTIL, Fetcher, fetching, landed
from tests.vendors.hubspot.own import AREAS, DECLARED, FIELDS, give_own_fields
from tests.vendors.hubspot.portal import Portal
from tests.vendors.hubspot.reported import keep_clocks
from tests.vendors.hubspot.server import Account
from tests.vendors.hubspot.shapes import Row, crm_object, iso

KINDS = {"ticket": "tickets", "company": "companies", "contact": "contacts"}
SUBSCRIPTIONS = "p_subscription"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "desk"
    simulate(tickets=25, seed=7, out=folder)
    keep_clocks(folder, UNTIL)
    give_own_fields(folder, UNTIL)
    return folder


@pytest.fixture
def account(files: Path) -> Account:
    return Account(Portal.of(files, UNTIL))


def properties(landing: Path, kind: str) -> dict[str, Row]:
    """The last fetched properties of each object."""
    return {row["id"]: json.loads(row["properties"]) for row in landed(landing, kind)}


def fetch(fetcher: Fetcher, landing: Path, declared: Declared = DECLARED) -> dict[str, int]:
    fetcher.declared = declared
    return fetcher.fetch(landing).rows


def test_declared_properties_are_fetched_with_history_and_labels(
    account: Account, tmp_path: Path
) -> None:
    portal = account.portal
    with fetching(account) as fetcher:
        fetch(fetcher, tmp_path)
        assert fetch(fetcher, tmp_path) == {}
    for thing, kind in KINDS.items():
        there = {one["id"]: one["properties"] for one in portal.objects(kind)}
        for key, values in properties(tmp_path, kind).items():
            for name in FIELDS[thing]:
                assert values[name] == there[key].get(name), (kind, key, name)
    of_area = {
        row["id"]: [
            change["value"] for change in json.loads(row["propertiesWithHistory"])["acme_area"]
        ]
        for row in landed(tmp_path, "tickets")
        if "acme_area" in row.get("propertiesWithHistory", "")
    }
    assert max(map(len, of_area.values())) == 3
    listed = {row["id"]: row for row in landed(tmp_path, "properties")}
    area = listed["tickets.acme_area"]
    assert (area["label"], area["type"], area["fieldType"]) == ("Area", "enumeration", "select")
    assert {one["value"]: one["label"] for one in json.loads(area["options"])} == AREAS
    assert (area["hubspotDefined"], listed["tickets.createdate"]["hubspotDefined"]) == (
        "false",
        "true",
    )


def test_later_declared_fields_are_fetched_for_every_object_once(
    account: Account, tmp_path: Path
) -> None:
    with fetching(account) as fetcher:
        fetch(fetcher, tmp_path, NONE)
        account.log.clear()
        rows = fetch(fetcher, tmp_path)
        assert rows["tickets"] == len(account.portal.objects("tickets"))
        assert "threads" not in rows, "what people wrote has not changed"
        (line,) = [one for one in fetcher.lines if "acme_area" in one]
        assert "tickets again, about" in line
        values = properties(tmp_path, "tickets")
        assert all("acme_area" in one for one in values.values())
        assert fetch(fetcher, tmp_path) == {}
        # A removed field is not requested, and causes no requests.
        fewer = Declared({"ticket": ("acme_note",)})
        assert fetch(fetcher, tmp_path, fewer) == {}


def test_all_custom_properties_except_personal_ones_are_requested(
    account: Account, tmp_path: Path
) -> None:
    made = {"object": "ticket", "type": "text", "options": None}
    account.portal.tables["ticket_fields"] = [
        *account.portal.tables["ticket_fields"],
        made | {"field_id": "acme_phone", "label": "Phone of the caller"},
    ]
    with fetching(account) as fetcher:
        fetch(fetcher, tmp_path, Declared(is_all=True))
        assert fetch(fetcher, tmp_path, Declared(is_all=True)) == {}
    (values, *_) = properties(tmp_path, "tickets").values()
    assert {name for name in values if name.startswith("acme_")} == {*FIELDS["ticket"]}
    assert "acme_tier" in next(iter(properties(tmp_path, "companies").values()))


def test_more_properties_than_fit_in_a_url(account: Account, tmp_path: Path) -> None:
    first = account.portal.objects("tickets")[0]["id"]
    account.portal.removed = {"tickets": {first: UNTIL}}
    many = tuple(f"acme_{number:03}_{'x' * 40}" for number in range(200))
    with fetching(account) as fetcher:
        fetch(fetcher, tmp_path, Declared({"ticket": (*FIELDS["ticket"], *many)}))
    assert {request.status for request in account.log} == {200}
    deleted = {row["id"]: row for row in landed(tmp_path, "tickets") if row["archived"] == "true"}
    there = {one["id"]: one for one in account.portal.objects("tickets") if one["archived"]}
    assert deleted.keys() == there.keys() != set()
    for key, row in deleted.items():
        assert json.loads(row["properties"])["acme_note"] == there[key]["properties"].get(
            "acme_note"
        )


def test_missing_and_unreadable_properties_are_one_line_each(
    account: Account, tmp_path: Path
) -> None:
    account.missing_scopes = ("crm.schemas.contacts.read",)
    with fetching(account) as fetcher:
        fetch(fetcher, tmp_path, Declared({"ticket": ("acme_aera",), "contact": ("acme_role",)}))
    lines = [line for line in fetcher.lines if "property" in line or "properties" in line]
    assert any(
        "tickets have no property acme_aera, " in line and "did you mean acme_area" in line
        for line in lines
    )
    assert any("properties of contacts (scope crm.schemas.contacts.read)" in line for line in lines)
    assert len(lines) == 2
    assert any("acme_role" in one for one in properties(tmp_path, "contacts").values())
    assert landed(tmp_path, "properties")


def subscription(key: int, at: Any, **values: str) -> Row:
    return crm_object(str(key), {"hs_lastmodifieddate": iso(at), **values}, iso(at))


def test_custom_objects_are_fields_of_their_ticket(account: Account, tmp_path: Path) -> None:
    portal = account.portal
    one, two, three = (one["id"] for one in portal.objects("tickets")[-3:] if not one["archived"])
    portal.custom = {
        SUBSCRIPTIONS: [
            subscription(11, EARLIER, plan="basic", addons="a;b"),
            subscription(12, EARLIER + timedelta(days=1), plan="pro", addons="c"),
        ]
    }
    for ticket, ends in {one: ["11", "12"], two: ["11"]}.items():
        portal.links[("tickets", SUBSCRIPTIONS, ticket)] = ends
        for end in ends:
            portal.links.setdefault((SUBSCRIPTIONS, "tickets", end), []).append(ticket)
    portal.own_definitions[SUBSCRIPTIONS] = [
        {"name": "plan", "label": "Plan", "type": "string", "fieldType": "text"},
        {"name": "addons", "label": "Add-ons", "type": "enumeration", "fieldType": "checkbox"},
    ]
    declared = Declared({"ticket": (f"{SUBSCRIPTIONS}.plan", f"{SUBSCRIPTIONS}.addons")})

    def values(ticket: str) -> tuple[str | None, str | None]:
        values = properties(tmp_path, "tickets")[ticket]
        return values[f"{SUBSCRIPTIONS}.plan"], values[f"{SUBSCRIPTIONS}.addons"]

    with fetching(account) as fetcher:
        fetch(fetcher, tmp_path, declared)
        assert (values(one), values(two), values(three)) == (
            ("pro", "c;a;b"),
            ("basic", "a;b"),
            (None, None),
        )
        assert any(
            "1 values were left out, as their tickets have several custom objects" in line
            for line in fetcher.lines
        )
        names = {
            row["name"] for row in landed(tmp_path, "properties") if row["objectType"] == "tickets"
        }
        assert f"{SUBSCRIPTIONS}.plan" in names
        assert fetch(fetcher, tmp_path, declared) == {}
        # A change of the object does not modify its ticket.
        portal.clock = UNTIL + timedelta(hours=1)
        portal.custom[SUBSCRIPTIONS][0] = subscription(11, portal.clock, plan="team", addons="b")
        assert fetch(fetcher, tmp_path, declared)["tickets"] == 2
        assert values(two) == ("team", "b")
        assert fetch(fetcher, tmp_path, declared) == {}
        # Without the scope, the tickets are still fetched.
        account.missing_scopes = (f"crm.schemas.{SUBSCRIPTIONS}.read",)
        shutil.rmtree(tmp_path)
        assert fetch(fetcher, tmp_path, declared)["tickets"]
    assert any(
        f"properties of {SUBSCRIPTIONS}" in line and "stay empty" in line for line in fetcher.lines
    )


def test_fivetran_s_tickets_are_fetched_again_with_the_history_of_a_later_field(
    files: Path, tmp_path: Path
) -> None:
    tables, landing = tmp_path / "fivetran.duckdb", tmp_path / "landing"
    copies.write(copies.fivetran(Portal.of(files, UNTIL)), "_fivetran_synced", UNTIL, tables)

    def land(declared: Declared) -> dict[str, int]:
        origin = f"duckdb:{tables}"
        done = copy_tables(
            "hubspot", "fivetran", origin, landing, lambda *_: None, declared=declared
        )
        return done.rows

    def fields_with_history() -> set[str]:
        newest = {row["id"]: row for row in landed(landing, "tickets")}
        histories = (row.get("propertiesWithHistory", "{}") for row in newest.values())
        return {name for one in histories for name in json.loads(one) if name.startswith("acme_")}

    tickets = land(NONE)["tickets"]
    assert fields_with_history() == set()
    # The tool's table lists all custom properties.
    assert land(Declared(is_all=True)) == {"tickets": tickets}
    assert fields_with_history() == {"acme_area", "acme_topics"}
    assert land(Declared(is_all=True)) == {}
    assert land(Declared({"ticket": ("acme_area",)})) == {"tickets": tickets}
    assert fields_with_history() == {"acme_area"}
    assert land(NONE) == {"tickets": tickets}


def test_airbyte_s_columns_of_properties_are_one_object(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "lake.duckdb")) as connection:
        connection.execute(
            """set timezone = 'UTC';
            create table tickets as select '7' as id, 'new' as properties_hs_pipeline_stage,
                'vip' as properties_acme_note, timestamptz '2026-07-01 00:00:00Z' as _airbyte_extracted_at;
            create table ticket_pipelines as
            select '1' as id, '[]' as stages, timestamptz '2026-07-01 00:00:00Z' as _airbyte_extracted_at"""
        )
    origin = f"duckdb:{tmp_path / 'lake.duckdb'}"
    copy_tables("hubspot", "airbyte", origin, tmp_path / "landing", lambda *_: None)
    found = properties(tmp_path / "landing", "tickets")["7"]
    assert found == {"hs_pipeline_stage": "new", "acme_note": "vip"}


def test_a_field_of_one_source_is_requested_from_that_source_alone() -> None:
    settings = Settings(
        fields=(
            OwnField(field="plan"),
            OwnField(field="tier", object="company", source="hubspot_emea"),
            OwnField(field="360", source="zendesk"),
        )
    )
    assert declared_of(settings, "hubspot") == Declared({"ticket": ("plan",)})
    emea = Declared({"ticket": ("plan",), "company": ("tier",)})
    assert declared_of(settings, "hubspot_emea") == emea
    assert declared_of(Settings(fields="all"), "hubspot").is_all
