"""On random data the intervals of every clock add up to the mart's figures and due time."""

from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.explain import explain
from tests.conftest import published
from tests.reference.against_warehouse import built
from tests.reference.records import Settings

# With these seeds some tickets have no status history, and the help desk's own close time.
TICKETS = 120


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 6])
def test_every_clock_of_a_random_desk_adds_up(tmp_path: Path, seed: int) -> None:
    output = built(tmp_path, seed, TICKETS, Settings(report_timezone="America/New_York")).parent
    with published(output) as connection:
        elapsed = {
            (ticket, metric, occurrence): seconds
            for ticket, metric, occurrence, seconds in connection.execute(
                "select ticket_key, metric, occurrence, elapsed_seconds from marts.fct_sla_clocks"
            ).fetchall()
        }
        tickets = [key for (key,) in connection.execute(
            "select ticket_key from marts.fct_tickets"
        ).fetchall()]  # fmt: skip
    found = {}
    for ticket in tickets:
        for clock in explain(OutputPaths(output), ticket).clocks:
            assert clock.discrepancy is None, (ticket, clock.metric, clock.discrepancy)
            of_clock = ticket, clock.metric, clock.occurrence
            if clock.basis == "reported":
                assert clock.elapsed_seconds is None
                found[of_clock] = None
                continue
            found[of_clock] = sum(interval.working_seconds for interval in clock.intervals)
            for interval in clock.intervals:
                if interval.open_times:
                    assert interval.working_seconds == sum(
                        one.seconds for one in interval.open_times
                    )
    assert found == elapsed
    assert len(found) > TICKETS
