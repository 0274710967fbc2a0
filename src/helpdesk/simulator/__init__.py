"""Simulates a help desk, and writes it as Parquet files of the file contract.

All data is drawn as numpy columns from seeded random generators, one generator per subject. So a
new table does not change the others. Add new tables to `TABLES`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from helpdesk.simulator import calls, rows, service, staffing, surveys
from helpdesk.simulator.desk import DEFAULT_UNTIL, Desk
from helpdesk.simulator.incidents import INCIDENTS, PlantedIncident, planted_incidents
from helpdesk.simulator.world import World

__all__ = ["DEFAULT_UNTIL", "Desk", "PlantedIncident", "planted_incidents", "simulate"]

TABLES: dict[str, Callable[[World], pa.Table | Iterator[pa.Table]]] = {
    "pipelines": rows.pipelines,
    "statuses": rows.statuses,
    "teams": staffing.teams,
    "agents": staffing.agents,
    "agent_teams": staffing.agent_teams,
    "agent_availability": staffing.agent_availability,
    "companies": rows.companies,
    "contacts": rows.contacts,
    "channels": rows.channels,
    "channel_accounts": rows.channel_accounts,
    "tickets": rows.tickets,
    "ticket_field_history": rows.ticket_field_history,
    "messages": rows.messages,
    "deletions": rows.deletions,
    "calls": calls.calls,
    "surveys": surveys.surveys,
    "survey_responses": surveys.survey_responses,
    "business_hours": service.business_hours,
    "holidays": service.holidays,
    "sla_policies": service.sla_policies,
    "sla_targets": service.sla_targets,
    "sla_pause_statuses": service.sla_pause_statuses,
    "ticket_sla_applied": service.ticket_sla_applied,
}


def simulate(
    tickets: int,
    seed: int,
    out: Path,
    until: datetime = DEFAULT_UNTIL,
    desk: Desk | None = None,
    incidents: bool = True,
) -> None:
    """Write `<out>/<table>.parquet` for a desk with `tickets` tickets in the 365 days to `until`.

    The same arguments produce the same bytes, and no date is after `until`. `planted_incidents`
    lists the incidents of the period. With `incidents` false there are none.
    """
    if tickets < 0:
        raise ValueError(f"tickets must not be negative: {tickets}")
    if until.tzinfo is None:
        raise ValueError(f"until needs a time zone: {until}")
    world = World.draw(desk or Desk(), tickets, seed, until, INCIDENTS if incidents else ())
    out.mkdir(parents=True, exist_ok=True)
    for name, build in TABLES.items():
        _write(build(world), out / f"{name}.parquet")


def _write(table: pa.Table | Iterator[pa.Table], path: Path) -> None:
    """Write one Parquet file. The parts of a large table become row groups, one at a time."""
    parts = iter([table]) if isinstance(table, pa.Table) else table
    first = next(parts)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part)
