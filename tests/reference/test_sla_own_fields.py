"""Conditions of SLA policies on own fields and tags: a random desk against the reference."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conftest import run_helpdesk

from .compare import compare
from .desk import Desk, expected_marts, read_desk
from .landing_files import FORMATS, write_landing
from .random_desk import random_as_of, random_desk
from .random_instants import as_text
from .records import OwnField, Settings
from .sla import matches
from .small_desk import AS_OF as AS_OF_SMALL
from .small_desk import desk as desk_of
from .small_desk import iso, ticket
from .test_oracle_sla import ranked
from .values import instant

SEED, TICKETS = 3, 400
FIELDS = (
    OwnField("root_cause", "360012345678", "option", {"bug": "A bug", "howto": "How to"}),
    OwnField("plan", "plan"),
    OwnField("seats", "seats", "number"),
    OwnField("vip", "is_vip", "boolean"),
    OwnField("modules", "modules", "options", {"a": "Alpha, first"}),
    OwnField("tags", "tags", "options", is_tags=True),
    # No policy names it.
    OwnField("notes", "notes"),
)
VALUES: dict[str, tuple[str, ...]] = {
    "root_cause": ("bug", "howto", "other"),
    "plan": ("Gold", "gold", 'it\'s; "free"', "%"),
    "seats": ("5", "5.0", "7", "many"),
    "vip": ("true", "1", "FALSE", "0"),
    "modules": ("a;b", '["a", "c d"]', "b", ";"),
    "tags": ("vip,churn-a", '["vip", "low, or none"]', "other", "[]"),
    "notes": ("a", "b"),
}
# What conditions name, some by label; `other` and `low, or none` are not tags that the settings include.
WANTED: dict[str, tuple[Any, ...]] = {
    "root_cause": ("bug", "How to", "nothing"),
    "plan": ("Gold", 'it\'s; "free"', "%"),
    "seats": (5, "7", "many"),
    "vip": (True, "0"),
    "modules": ("Alpha, first", "c d", "b"),
    "tags": ("vip", "other", "low, or none"),
}
AS_OF = random_as_of(SEED)
# Landed apart: the id of a field is spelt in one way.
OWN_HISTORY = "own_history"


@pytest.fixture(scope="module")
def desk() -> Desk:
    """The random desk of a seed, with own fields, their history, and conditions on them."""
    draw = Random(f"own fields {SEED}")
    found = random_desk(SEED, TICKETS)
    # Each ticket's own, of which there may be several rows.
    history = {str(row["ticket_id"]): list(changes(draw, row, AS_OF)) for row in found["tickets"]}
    found["tickets"] = [row | own_values(draw) for row in found["tickets"]]
    found[OWN_HISTORY] = [row for rows in history.values() for row in rows]
    # New rows: random desks share the ones of their setup.
    found["sla_policies"] = [
        policy | {"conditions": json.dumps(conditions(draw, number))}
        if policy["conditions"] != "{}"
        else policy
        for number, policy in enumerate(found["sla_policies"])
    ]
    found["ticket_fields"] = [
        {
            "field_id": one.native,
            "name": one.name,
            "type": one.type,
            "options": json.dumps(one.labels),
        }
        for one in FIELDS
        if one.labels
    ]
    return found


def own_values(draw: Random) -> dict[str, str | None]:
    of_row = {
        one.native: draw.choice((*VALUES[one.name], "", None)) for one in FIELDS if not one.is_tags
    }
    return {
        "own_fields": json.dumps(of_row) if draw.randrange(10) else None,
        "tags": draw.choice((*VALUES["tags"], "", None)),
    }


def changes(
    draw: Random, row: dict[str, str | None], as_of: datetime
) -> Iterable[dict[str, str | None]]:
    created = datetime.fromisoformat(str(row["created_at"])[:19] + "+00:00")
    for one in FIELDS:
        for seq in range(draw.choice((0, 0, 1, 2, 3))):
            at = created + timedelta(minutes=draw.choice((-60, 0, 1, 30, 60, 600, 6000)))
            yield {
                "ticket_id": row["ticket_id"],
                "field": one.native,
                "changed_at": as_text(draw, min(at, as_of)),
                "seq": str(seq),
                "value": draw.choice((*VALUES[one.name], None)),
            }


def conditions(draw: Random, number: int) -> dict[str, Any]:
    """A condition on one own field after the other, by its column or its id; now and then also on the priority."""
    one = [field for field in FIELDS if field.name in WANTED][number % len(WANTED)]
    listed = draw.sample(WANTED[one.name], 2)
    wanted = draw.choice((
        listed[0], listed, {"none_of": listed}, {"any_of": listed, "is_empty": False},
        {"is_empty": True}, {"none_of": listed[0], "is_empty": False},
    ))  # fmt: skip
    found = {draw.choice((one.name, one.native)): wanted}
    return found | ({"priority": {"none_of": "low"}} if draw.randrange(3) == 0 else {})


def met(conditions: dict[str, Any], **row: Any) -> bool:
    """Whether the one policy has clocks of a ticket with these own fields, tags and history."""
    past: list[tuple[str, str, str]] = row.pop("past", [])
    of = {
        **ranked(("p", "1", json.dumps(conditions))),
        "tickets": [ticket(tags=row.pop("tags", None), own_fields=json.dumps(row))],
        "ticket_field_history": [
            {"ticket_id": "t", "field": field, "changed_at": iso(when), "seq": "1", "value": value}
            for field, when, value in past
        ],
    }
    found = expected_marts(desk_of(**of), instant(AS_OF_SMALL), Settings(fields=FIELDS))
    return bool(found["fct_sla_clocks"])


@pytest.mark.parametrize(
    ("conditions", "row", "is_met"),
    [
        ({"tags": "vip"}, {"tags": "eu, vip"}, True),
        ({"tags": ["vip", "key"]}, {"tags": '["key"]'}, True),
        ({"tags": {"none_of": ["vip", "key"]}}, {"tags": "eu,key"}, False),
        ({"tags": {"none_of": "vip"}}, {}, True),
        ({"tags": {"is_empty": True}}, {"tags": "[]"}, True),
        ({"tags": {"is_empty": False}}, {"tags": "eu"}, True),
        ({"tags": {"any_of": "vip", "none_of": "spam"}}, {"tags": "vip,spam"}, False),
        ({"root_cause": "bug"}, {"360012345678": "bug"}, True),
        ({"360012345678": "A bug"}, {"360012345678": "bug"}, True),
        ({"root_cause": {"none_of": ["How to"]}}, {"360012345678": "howto"}, False),
        ({"root_cause": {"is_empty": True}}, {"360012345678": ""}, True),
        ({"modules": ["Alpha, first"]}, {"modules": "b;a"}, True),
        ({"modules": {"none_of": "b"}}, {"modules": "b;a"}, False),
        ({"seats": 5}, {"seats": "5.0"}, True),
        ({"seats": {"any_of": [7]}}, {"seats": "many"}, False),
        ({"vip": True}, {"is_vip": "1"}, True),
        ({"vip": {"none_of": True}}, {"is_vip": "FALSE"}, True),
        ({"plan": "Gold"}, {"plan": "gold"}, False),
        # The value of the clock's end, or of now while it runs; the first change is carried back.
        ({"plan": "new"}, {"plan": "old", "past": [("plan", "02 09:00", "new")]}, True),
        ({"tags": {"is_empty": True}}, {"tags": "vip", "past": [("tags", "01 10:00", "")]}, True),
    ],
)
def test_a_condition_on_an_own_field(
    conditions: dict[str, Any], row: dict[str, Any], is_met: bool
) -> None:
    assert met(conditions, **row) == is_met


@pytest.mark.long
@pytest.mark.slow
def test_conditions_on_own_fields_choose_the_policies_of_the_reference(
    desk: Desk, tmp_path: Path
) -> None:
    settings = Settings(fields=FIELDS)
    own_history = desk.pop(OWN_HISTORY)
    write_landing(desk, tmp_path / "landing", FORMATS, SEED)
    own = tmp_path / "landing" / "ticket_field_history" / "own.jsonl"
    own.parent.mkdir(exist_ok=True)
    own.write_text("".join(f"{json.dumps(row)}\n" for row in own_history))
    desk["ticket_field_history"] += own_history
    config = tmp_path / "helpdesk.yml"
    declared = [
        {"field": one.native, "name": one.name, "type": one.type}
        for one in FIELDS
        if not one.is_tags
    ]
    config.write_text(json.dumps({"fields": declared, "tags": {"include": ["vip", "churn-*"]}}))
    done = run_helpdesk(
        "build", "--landing", tmp_path / "landing", "--output", tmp_path / "out",
        "--as-of", AS_OF.isoformat(), "--config", config,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = compare(
        tmp_path / "out" / "helpdesk.duckdb",
        expected_marts(desk, AS_OF, settings),
        ["fct_sla_clocks", "sla_clock_targets"],
    )
    assert not found.differences, "\n".join(found.differences)
    assert found.compared["fct_sla_clocks"] > TICKETS
    # Every policy that names an own field is met by some tickets and not by others.
    world = read_desk(desk, AS_OF, settings)
    for policy in world.policies:
        if policy.conditions:
            met = sum(matches(world, ticket, policy, AS_OF) for ticket in world.tickets)
            assert 0 < met < len(world.tickets), policy
