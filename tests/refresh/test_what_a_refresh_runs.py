"""The nodes that a refresh runs, and the tickets that it models: changed, open and due ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from helpdesk.transform import plan as planning
from tests.small_desk import AS_OF, DESK, write_desk

from .warehouse import Warehouse

NOW = datetime.fromisoformat(AS_OF)
TARGET = {"policy_id": "s", "metric": "next_response", "goal_seconds": "3600"}
MORE = {
    # On a ticket that was closed long ago: a reply, and a thank-you message without an answer.
    "messages": [
        {"message_id": "r", "ticket_id": "1", "sent_at": "2024-01-03T00:00:00Z",
         "direction": "outgoing", "author_type": "agent", "author_id": "a"},
        {"message_id": "t", "ticket_id": "1", "sent_at": "2024-01-05T00:00:00Z",
         "direction": "incoming", "author_type": "customer"},
    ],
    # A day after as_of.
    "calls": [{"call_id": "late", "agent_id": "a", "started_at": "2024-02-02T00:00:00Z",
               "direction": "inbound", "outcome": "missed"}],
    # Else its closed status would count from its creation.
    "ticket_field_history": [
        *DESK["ticket_field_history"],
        {"ticket_id": "4", "field": "status", "changed_at": "2024-02-02T00:00:00Z", "seq": 0,
         "value": "new"},
    ],
    "sla_policies": [{"policy_id": "s", "rank": "1", "conditions": "{}"}],
    "sla_targets": [TARGET, TARGET | {"metric": "time_to_close"}],
}  # fmt: skip
CLOSES = {"ticket_id": "4", "field": "status", "changed_at": "2024-02-11T12:00:00Z", "seq": 1,
          "value": "done"}  # fmt: skip
REPORT = "models/marts/reports/rpt_tickets_created.sql"
pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Refresh:
    """The nodes and the modelled tickets of one refresh."""

    ran: set[str]
    tickets: set[str]


@dataclass
class Desk:
    """A warehouse and its refreshes, each some days after the previous one."""

    landing: Path
    warehouse: Warehouse
    as_of: datetime = NOW
    refreshes: list[Refresh] = field(default_factory=list)

    def refresh(self, days: int, **landed: dict) -> None:
        for table, row in landed.items():
            (self.landing / table).mkdir()
            (self.landing / table / "new.jsonl").write_text(json.dumps(row) + "\n")
        self.as_of += timedelta(days=days)
        assert self.warehouse.refresh(self.landing, self.as_of).previous_as_of
        rows = self.warehouse.rows("select ticket_id from intermediate.int_changed_tickets")
        self.refreshes.append(Refresh(set(self.warehouse.ran), {ticket for (ticket,) in rows}))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("desk")
    desk = Desk(write_desk(root / "landing", DESK | MORE), Warehouse(root / "output"))
    desk.warehouse.refresh(desk.landing, desk.as_of)
    desk.refresh(10)
    desk.refresh(1, ticket_field_history=CLOSES)
    desk.refresh(3, companies={"company_id": "d", "name": "D"})
    with pytest.MonkeyPatch.context() as patched:
        known = planning._definitions() | {REPORT: "changed"}
        patched.setattr(planning, "_definitions", lambda: known)
        desk.refresh(1)
    return desk


def test_without_changes_only_the_nodes_that_read_as_of_run(desk: Desk) -> None:
    ran = desk.refreshes[0].ran
    assert {"int_changed_tickets", "fct_tickets", "fct_sla_clocks", "build_log", "rpt_insights",
            "keys_are_unique", "keys_lead_to_rows"} <= ran  # fmt: skip
    assert {"dim_teams", "dim_contacts", "dim_companies"}.isdisjoint(ran)
    views = {"stg_teams", "int_tickets_valid", "rpt_tickets_created", "rpt_summary_team"}
    assert views.isdisjoint(ran)


def test_open_tickets_are_modelled_and_closed_ones_are_not(desk: Desk) -> None:
    """4 and 5 have rows that are due. 6 is deleted, and open."""
    assert desk.refreshes[0].tickets == {"2", "4", "5", "6"}


def test_a_row_that_is_due_is_modelled(desk: Desk) -> None:
    assert "fct_calls" in desk.refreshes[0].ran
    assert desk.warehouse.marts("select count(*) from fct_calls") == [(1,)]
    assert desk.warehouse.marts("select status_id from fct_tickets where ticket_id = '5'") == [
        ("new",)
    ]


def test_a_ticket_that_closed_is_modelled_until_its_clocks_are_a_day_old(desk: Desk) -> None:
    """The status of a clock a day before as_of is final once that time is after the clock's end."""
    assert [one.tickets for one in desk.refreshes[1:]] == [
        {"2", "4", "5", "6"},
        {"2", "4", "5", "6"},
        {"2", "5", "6"},
    ]


def test_the_tables_that_read_a_changed_table_run(desk: Desk) -> None:
    ran = desk.refreshes[2].ran
    assert {"int_reference_rows_rejected", "dim_companies"} <= ran
    assert "rpt_tickets_created" not in ran


def test_a_changed_report_runs(desk: Desk) -> None:
    ran = desk.refreshes[3].ran
    assert {"rpt_tickets_created", "fct_tickets"} <= ran
    assert "dim_companies" not in ran


def test_a_message_that_nobody_answers_waits_on_no_closed_ticket(desk: Desk) -> None:
    assert desk.warehouse.marts(
        """select outcome, clock.status from fct_response_cycles
        inner join fct_sla_clocks as clock using (ticket_key)
        where ticket_key = 'generic:1' and clock.metric = 'next_response'"""
    ) == [("closed", "cancelled")]
