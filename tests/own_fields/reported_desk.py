"""A desk with own fields and reports on them, in a project of its own, built once."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from helpdesk.core.paths import OutputPaths
from helpdesk.core.places import PACKAGE_ROOT
from helpdesk.dashboards.definitions import Definitions, load_definitions
from tests.builder.examples import HOSTILE
from tests.conftest import run_copy
from tests.serve.asking import Process
from tests.serve.conftest import write_site
from tests.small_desk import write_desk

AS_OF = "2026-04-01T00:00:00Z"
FIRST = date(2026, 1, 1)
# Two options with the same label, and a label with special characters.
AREAS = {"pa1": "Billing", "pa2": "It's \"Core\"; {{ x }} -- '", "pa3": "Billing"}
MODULES = {"m1": "API", "m2": "API", "m3": "Über; neu"}
RISKS = {"lo": "Low", "hi": "High"}
TAGS = ("vip", "key account", *(one.strip() for one in HOSTILE if one))
FIELDS = """
fields:
  - {field: pa, name: product_area, filter: true}
  - {field: seats}
  - {field: paying, name: is_paying}
  - {field: renewal, label: "Renewal {{ due }}"}
  - {field: modules}
  - {field: risk, at: [creation]}
  - {field: tier, object: company}
tags: all
"""
REPORT = {
    "title": "VIP tickets by product area",
    "source": "tickets",
    "join": ["companies"],
    "measures": ["ticket_count", "seats_average"],
    "dimensions": ["product_area", "tier"],
    "filters": [
        {"field": "tags", "is": [*TAGS[1:]]},
        {"field": "modules", "is_not": "Über; neu"},
        {"field": "product_area", "filled": True},
    ],
    "axis": "tier",
    "page": "own",
}
BY_VALUES = {
    "title": "Tickets by tag and module",
    "source": "tickets",
    "measures": ["ticket_count", "seats_average"],
    "dimensions": ["tags", {"field": "modules", "name": "parts", "label": "Parts"}],
    "page": "own",
}


@dataclass(frozen=True)
class Ticket:
    """A ticket with its own fields."""

    id: str
    product_area: str | None
    seats: float | None
    is_paying: bool | None
    renewal: date | None
    modules: frozenset[str]
    tags: frozenset[str]
    tier: str | None
    is_spam: bool
    landed: Mapping[str, Any] = field(repr=False)

    def values(self, name: str) -> set[Any]:
        """The values of a field, including the value for none."""
        held = getattr(self, name)
        return (set(held) or {None}) if isinstance(held, frozenset) else {held}


def _ticket(number: int, chance: random.Random) -> Ticket:
    area = chance.choice([*AREAS, None])
    modules = chance.sample([*MODULES], chance.randrange(4))
    tags = chance.sample(TAGS, chance.randrange(4))
    seats, paying = chance.choice([None, 1, 2.5, 40]), chance.choice([None, True, False])
    renewal = chance.choice([None, FIRST + timedelta(days=number)])
    company = chance.choice(["c1", "c2", "c3", None])
    landed = {
        "ticket_id": str(number),
        "created_at": f"{FIRST + timedelta(days=number)}T12:00:00Z",
        "status_id": "new",
        "company_id": company,
        "is_spam": number % 15 == 0,
        "pa": area,
        "seats": seats,
        "paying": paying,
        "renewal": renewal and renewal.isoformat(),
        "modules": json.dumps(modules),
        "tags": json.dumps(tags),
        "risk": "hi",
    }
    return Ticket(
        str(number),
        area and AREAS[area],
        seats,
        paying,
        renewal,
        frozenset(MODULES[one] for one in modules),
        frozenset(tags),
        {"c1": "Gold", "c2": "Silver"}.get(company or ""),
        bool(landed["is_spam"]),
        landed,
    )


TICKETS = [_ticket(number, random.Random(number)) for number in range(60)]
COUNTED = [one for one in TICKETS if not one.is_spam]
SEVERAL = ("tags", "modules")
DESK: dict[str, list[dict[str, Any]]] = {
    "tickets": [dict(one.landed) for one in TICKETS],
    "statuses": [{"status_id": "new", "state": "open", "name": "New"}],
    "companies": [
        {"company_id": name, "name": name, "tier": tier}
        for name, tier in (("c1", "Gold"), ("c2", "Silver"), ("c3", None))
    ],
    "ticket_field_history": [
        {"ticket_id": str(number), "field": "risk", "seq": step, "value": value,
         "changed_at": f"{FIRST + timedelta(days=number)}T1{2 + step}:00:00Z"}
        for number in range(0, 60, 2)
        for step, value in enumerate(("lo", "hi"))
    ],
    "ticket_fields": [
        {"field_id": name, "name": name, "label": label, "type": kind, "object": thing,
         "options": json.dumps(options) if options else None}
        for name, label, kind, thing, options in (
            ("pa", "Product area", "option", "ticket", AREAS),
            ("seats", "Seats", "number", "ticket", None),
            ("paying", "Paying", "boolean", "ticket", None),
            ("renewal", "Renewal", "date", "ticket", None),
            ("modules", "Modules", "options", "ticket", MODULES),
            ("risk", "Risk", "option", "ticket", RISKS),
            ("tier", "Tier", "text", "company", None),
        )
    ],
}  # fmt: skip


def passes(ticket: Ticket, name: str, kind: str, values: list[Any]) -> bool:
    """Whether a ticket passes a condition: field, comparison, values."""
    held = ticket.values(name)
    if kind == "filled":
        return (held != {None}) == values[0]
    if kind == "all":
        return held >= set(values)
    return bool(held & set(values)) == (kind == "is")


def groups(
    tickets: list[Ticket], by: list[str], keys: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], list[Ticket]]]:
    """The tickets under each value of the first dimension, then of the second, and so on."""
    if not by:
        yield keys, tickets
        return
    for value in {value for one in tickets for value in one.values(by[0])}:
        held = [one for one in tickets if value in one.values(by[0])]
        yield from groups(held, by[1:], (*keys, value))


@dataclass(frozen=True)
class Desk:
    """A project, its published output, and its commands."""

    root: Path

    @property
    def output(self) -> Path:
        return self.root / "output"

    @property
    def manifest(self) -> Path:
        folder = "project/.helpdesk/*/dbt_project/target/helpdesk"
        (manifest,) = self.root.glob(f"{folder}/manifest.json")
        return manifest

    @cached_property
    def definitions(self) -> Definitions:
        return load_definitions(self.manifest)

    def run(self, *arguments: object) -> str:
        done = run_copy(
            PACKAGE_ROOT,
            self.root,
            *arguments,
            HELPDESK_PROJECT=str(self.root / "project"),
            HELPDESK_CONFIG=str(self.root / "helpdesk.yml"),
            HELPDESK_LANDING=str(self.root / "landing"),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk(tmp_path_factory.mktemp("own"))
    write_desk(desk.root / "landing", DESK)
    (desk.root / "helpdesk.yml").write_text(FIELDS)
    run_copy(PACKAGE_ROOT, desk.root, "init", "project")
    for name, report in {"vip_by_area": REPORT, "by_values": BY_VALUES}.items():
        (desk.root / f"project/reports/{name}.yml").write_text(yaml.safe_dump(report))
    desk.run("report", "write")
    desk.run("build", "--landing", "landing", "--output", desk.output, "--as-of", AS_OF,
             "--config", "helpdesk.yml")  # fmt: skip
    write_site(OutputPaths(desk.output).site)
    return desk


@pytest.fixture(scope="module")
def server(desk: Desk) -> Iterator[tuple[str, int]]:
    """A server without settings, which uses the fields of the last build."""
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("HELPDESK_PROJECT", str(desk.root / "project"))
        process = Process(desk.output)
    yield process.address
    process.end()
