"""A simulated help desk, written as Parquet files of the raw contract.

Everything is drawn as numpy columns from seeded generators, one generator per subject, so a table
added later does not change the tables before it. `TABLES` is where one is added.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.simulator import calls, rows, service, staffing, surveys
from ingestion.simulator.desk import DEFAULT_UNTIL, Desk
from ingestion.simulator.incidents import INCIDENTS, PlantedIncident, planted_incidents
from ingestion.simulator.world import World

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
    """Write `<out>/<table>.parquet` for a desk with that many tickets in the 365 days to `until`.

    The same arguments give the same bytes; nothing is dated after `until`. `planted_incidents` says
    what goes wrong in the period, unless `incidents` is false: then it is a quiet year.
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
    """One Parquet file; the parts of a large table become its row groups, one in memory at once."""
    parts = iter([table]) if isinstance(table, pa.Table) else table
    first = next(parts)
    with pq.ParquetWriter(path, first.schema, compression="zstd") as writer:
        writer.write_table(first)
        for part in parts:
            writer.write_table(part)
