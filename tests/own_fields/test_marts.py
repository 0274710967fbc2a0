"""Own fields with hostile names and values in the marts, compared with a reference after a build and a refresh."""

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
import yaml

from tests.conftest import published, run_helpdesk
from tests.reference.desk import Desk, expected_marts, newest_ticket_rows
from tests.reference.own_fields import OwnField, own_bridge, own_rows, own_tickets, value_now
from tests.reference.random_desk import random_as_of, random_desk
from tests.reference.records import Settings
from tests.small_desk import write_desk

SEED, TICKETS = 0, 40
LONG = "x" * 1_000_000
# Ids with SQL, JSON paths, Jinja and quotes; labels with separators, and empty ones.
AREAS = {"a": "Alpha", "b": "Be; ta 'quoted'", "c": "", "d": '{{ 1 }} "x" -- ', "a;b": "Alpha"}
MODULES = {f"m{number}": f"Module {number:04}" for number in range(1000)}
TAGS = OwnField("tags", "tags", "options", include=("vip", "churn-*", "100%_*"))
FIELDS = [
    OwnField("product_area", "$.area['x'] / ~1", "option", ("creation", "close"), AREAS),
    OwnField("seats", "seats.of the \"team\"", "number", ("creation",)),
    OwnField("is_vip", "x'); drop table tickets; --", "boolean"),
    OwnField("due_on", "Fällig \\ am", "date", ("close",)),
    OwnField("called_at", "{{ called }} {% at %}", "datetime"),
    OwnField("modules", "modules", "options", ("creation",), MODULES),
    OwnField("plan", "Plan of the desk", "text"),
    OwnField("root_cause", "360012345678", "text", ("creation",)),
]  # fmt: skip
COMPANY = [OwnField("tier", "tier", "option", labels={"g": "Gold"}), OwnField("arr", "a.r.r", "number")]  # fmt: skip
CONTACT = [OwnField("languages", "languages", "options", labels={"de": "German"})]
VALUES: dict[str, tuple[Any, ...]] = {
    "option": (*AREAS, "unlisted"),
    "number": ("12.5", "1e3", " 7 ", "many", 3, "", None),
    "boolean": ("true", "0", True, "maybe", None),
    "date": ("2024-02-29", "2023-02-29", "soon", None),
    "datetime": ("2024-02-29T10:00:00Z", "2024-02-29T10:00:00+02:00", "now", None),
    "options": (["m1", "m2", "m1"], "m3; m4 ;;m3", "", [], "none of them", ["a;b", " m5 "]),
    "text": ("plain", "it's \"quoted\"; '; drop table x; --", "NULL and void", "日本\n語", None),
}  # fmt: skip


class Built(NamedTuple):
    desk: Desk
    as_of: datetime
    folder: Path
    said: str

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with published(self.folder / "output") as connection:
            return connection.execute(query).fetchall()


def settings() -> dict[str, Any]:
    def declared(own: OwnField, thing: str) -> dict[str, Any]:
        at = {"at": [*own.at]} if own.at else {}
        return {"field": own.id, "name": own.name, "type": own.type, "object": thing, **at}

    parts = {"ticket": FIELDS, "company": COMPANY, "contact": CONTACT}
    fields = [declared(own, thing) for thing, of_thing in parts.items() for own in of_thing]
    fields.append({"field": "ghost", "at": ["creation"]})
    return {"fields": fields, "tags": {"include": [*TAGS.include]}}


def own_desk(draw: Random) -> Desk:
    """A random desk with own fields of tickets, and their history."""
    desk = random_desk(SEED, TICKETS)
    for row in desk["tickets"]:
        own = {one.id: draw.choice(VALUES[one.type]) for one in FIELDS if draw.randrange(5)}
        own |= {"undeclared": "x"}
        # Every third ticket has a field as a column of the file.
        if draw.randrange(3) == 0:
            row["Plan of the desk"] = own.pop("Plan of the desk", None) or "of the column"
        row["own_fields"] = json.dumps(own)
        row["tags"] = draw.choice((None, "", "vip, other ,churn-eu", '["vip", "100%_x", "100y"]'))
    many = [f"churn-{number}" for number in range(10_000)]
    desk["tickets"][-1]["tags"] = json.dumps(many)
    desk["tickets"][-2]["own_fields"] = "not { JSON"
    desk["tickets"][0]["own_fields"] = json.dumps({"360012345678": LONG})
    add_history(desk, draw, range(1, TICKETS + 1))
    listed = {**{own.id: own for own in FIELDS if own.labels}, "tier": COMPANY[0]}
    desk["ticket_fields"] = [
        {
            "field_id": field_id,
            "name": own.name,
            "type": own.type,
            "object": "company" if own is COMPANY[0] else None,
            "options": json.dumps(own.labels),
        }
        for field_id, own in listed.items()
    ]
    languages = {"field_id": "languages", "name": "languages", "type": "options",
                 "object": "contact", "options": '{"de": "German"}'}  # fmt: skip
    desk["ticket_fields"].append(languages)
    for row in desk["companies"]:
        row["own_fields"] = json.dumps(
            {"tier": draw.choice("gsx"), "a.r.r": draw.choice((1, "n/a"))}
        )
    for row in desk["contacts"]:
        row["languages"] = draw.choice(("de; en", "", "fr"))
    return desk


def add_history(desk: Desk, draw: Random, tickets: range, first_seq: int = 0) -> None:
    """Changes around creation and later, some at the same time, some after as_of."""
    created = {row["ticket_id"]: row["created_at"] for row in desk["tickets"]}
    for ticket in map(str, tickets):
        for own in FIELDS:
            # `root_cause` has no history.
            for seq in range(draw.choice((0, 0, 1, 2, 3)) if own.id != "360012345678" else 0):
                value = draw.choice(VALUES[own.type])
                at = datetime.fromisoformat(created[ticket] or "") + timedelta(
                    days=draw.choice((-1, 0, 0, 2, 9, 20))
                )
                desk["ticket_field_history"].append(
                    {
                        "ticket_id": ticket,
                        "field": own.id,
                        "changed_at": at.isoformat(),
                        "seq": str(first_seq + seq),
                        "value": value
                        if isinstance(value, str) or value is None
                        else json.dumps(value),
                    }
                )
    desk["ticket_field_history"].append(
        {"ticket_id": "1", "field": "mood", "changed_at": created["1"], "value": "bad"}
    )


def built(folder: Path, desk: Desk, as_of: datetime) -> Built:
    (folder / "helpdesk.yml").write_text(yaml.safe_dump(settings(), allow_unicode=True))
    done = run_helpdesk(
        *("build", "--landing", folder / "landing", "--output", folder / "output"),
        *("--config", folder / "helpdesk.yml", "--as-of", as_of.isoformat()),
    )
    return Built(desk, as_of, folder, done.stdout)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder, desk = tmp_path_factory.mktemp("first"), own_desk(Random(SEED))
    write_desk(folder / "landing", {table: rows for table, rows in desk.items() if rows})
    return built(folder, desk, random_as_of(SEED) - timedelta(days=12))


@pytest.fixture(scope="module")
def refreshed(first: Built, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Twelve days later: some tickets have other values, and more history was loaded.

    The first file is written again, with another value in a column outside the contract.
    """
    folder = tmp_path_factory.mktemp("refreshed") / "copy"
    shutil.copytree(first.folder, folder, symlinks=True)
    draw, as_of = Random(SEED + 1), random_as_of(SEED)
    desk = {table: [*rows] for table, rows in first.desk.items()}
    new: Desk = {"ticket_field_history": []}
    changed = range(5, 15)
    newest = newest_ticket_rows(desk, as_of)
    new["tickets"] = [
        {
            **newest[str(number)],
            "updated_at": (as_of - timedelta(hours=number)).isoformat(),
            "own_fields": json.dumps({one.id: draw.choice(VALUES[one.type]) for one in FIELDS}),
            "tags": draw.choice((None, "vip", "churn-us,vip")),
        }
        for number in changed
        if str(number) in newest
    ]
    rewritten = next(
        row for row in desk["tickets"] if "Plan of the desk" in row and int(row["ticket_id"]) > 15
    )
    place = desk["tickets"].index(rewritten)
    desk["tickets"][place] = {**rewritten, "Plan of the desk": "rewritten"}
    write_desk(folder / "landing", {"tickets": desk["tickets"]})
    add_history(new | {"tickets": desk["tickets"]}, draw, changed, first_seq=100)
    for table, rows in new.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        path = folder / "landing" / table / "later.jsonl"
        path.parent.mkdir()
        path.write_text(lines)
        desk[table] += rows
    return built(folder, desk, as_of)


@pytest.fixture(params=["first", pytest.param("refreshed", marks=pytest.mark.long)])
def made(request: pytest.FixtureRequest) -> Built:
    found: Built = request.getfixturevalue(request.param)
    return found


def expected_tickets(made: Built) -> dict[str, dict[str, Any]]:
    facts = expected_marts(made.desk, made.as_of, Settings())["fct_tickets"]
    closed = {row["ticket_id"]: row["closed_at"] for row in facts}
    return own_tickets(made.desk, made.as_of, [*FIELDS, TAGS], closed)


def found_rows(made: Built, mart: str, key: str, names: list[str]) -> dict[str, dict[str, Any]]:
    query = f"select {key}, {', '.join(names)} from marts.{mart} where {key} is not null"
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in made.rows(query)}


def test_tickets_have_current_values_and_those_at_creation_and_close(made: Built) -> None:
    expected = expected_tickets(made)
    names = list(next(iter(expected.values())))
    assert found_rows(made, "fct_tickets", "ticket_id", names) == expected
    filled = {name for row in expected.values() for name, value in row.items() if value is not None}
    assert {*names} - filled == {"root_cause_at_creation"}


def test_bridges_have_a_row_for_each_value(made: Built) -> None:
    for own in (FIELDS[5], TAGS):
        found = made.rows(
            f"""select ticket_id, value, label from marts.bridge_ticket_{own.name}
            inner join marts.fct_tickets using (ticket_key)"""
        )
        assert len(found) == len({*found}) > 10
        assert {*found} == own_bridge(made.desk, made.as_of, own)


def test_companies_and_contacts_have_their_values(made: Built) -> None:
    for table, key, fields in (
        ("companies", "company_id", COMPANY),
        ("contacts", "contact_id", CONTACT),
    ):
        names = [own.name for own in fields]
        expected = own_rows(made.desk[table], key, fields)
        assert found_rows(made, f"dim_{table}", key, names) == expected


def test_dim_fields_has_the_fill_rates(made: Built) -> None:
    expected = expected_tickets(made)
    found = dict(
        made.rows("select name, filled_count from marts.dim_fields where object = 'ticket'")
    )
    for own in [*FIELDS, TAGS]:
        assert found[own.name] == sum(row[own.name] is not None for row in expected.values())
    assert found["ghost"] == 0
    options = dict(made.rows("select name, option_count from marts.dim_fields"))
    assert (options["product_area"], options["modules"], options["seats"]) == (5, 1000, None)


def test_values_that_are_dropped_are_counted(made: Built) -> None:
    counted = {
        (kind, column): failing
        for kind, column, failing in made.rows(
            "select kind, column_name, rows_failing from marts.data_quality"
        )
    }
    expected = expected_tickets(made)
    rows = newest_ticket_rows(made.desk, made.as_of)
    for own in FIELDS:
        if own.type in ("number", "boolean", "date", "datetime"):
            landed = sum(value_now(row, own) is not None for row in rows.values())
            readable = sum(row[own.name] is not None for row in expected.values())
            assert counted["unreadable_own_field", own.name] == landed - readable > 0
    assert counted["missing_own_field", "ghost"] == len(rows)
    assert counted["missing_own_field", "seats"] == 0
    moods = sum(row["field"] == "mood" for row in made.desk["ticket_field_history"])
    assert counted["undeclared_field", "field"] == moods > 0
    assert counted["own_field_without_history", "root_cause"] > 0
    assert counted["own_field_without_history", "seats"] == 0
    assert f"{moods} of fields that the settings do not declare" in made.said


@pytest.mark.long
def test_a_refresh_models_the_tickets_that_changed(first: Built, refreshed: Built) -> None:
    assert "all of them" in first.said
    assert "all of them" not in refreshed.said
