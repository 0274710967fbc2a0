"""The warehouse, built from random landing files, against the reference, mart by mart."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.explain import explain
from tests.conftest import published

from .against_warehouse import built, expected
from .compare import Expected, compare
from .marts import GRAINS, SUMMARIES
from .records import Settings

pytestmark = pytest.mark.slow

TICKETS = 2000
# Tickets with each origin of a close time, whose clocks are explained.
EXPLAINED = 40
DESKS = {"UTC": 0, "America/St_Johns": 1}
FEW = {
    "dim_surveys": 9,
    "dim_comparison_times": 2,
    "rpt_next_response_sla": 60,
    **dict.fromkeys(SUMMARIES, 3),
}


@pytest.fixture(scope="module", params=list(DESKS))
def desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Expected]:
    """A warehouse and what has to be in it, in one report time zone."""
    settings = Settings(report_timezone=request.param)
    seed, folder = DESKS[request.param], tmp_path_factory.mktemp("desk")
    return built(folder, seed, TICKETS, settings), expected(seed, TICKETS, settings)


@pytest.mark.parametrize("model", list(GRAINS))
def test_the_warehouse_agrees_with_the_reference(desk: tuple[Path, Expected], model: str) -> None:
    marts, rows = desk
    found = compare(marts, rows, [model])
    assert not found.differences, "\n".join(found.differences)
    assert found.compared[model] >= FEW.get(model, TICKETS / 20)


def test_every_mart_is_compared(desk: tuple[Path, Expected]) -> None:
    assert set(desk[1]) == set(GRAINS)


def test_the_intervals_of_a_clock_add_up_to_its_figures(desk: tuple[Path, Expected]) -> None:
    """Of tickets of every kind: some with no status history and the help desk's own close time."""
    output = desk[0].parent
    with published(output) as connection:
        tickets = connection.execute(
            f"""select ticket_key, closed_at_basis from marts.fct_tickets
            qualify row_number() over (partition by closed_at_basis order by hash(ticket_key))
                <= {EXPLAINED}
            order by 1"""
        ).fetchall()
        elapsed = {
            (ticket, metric, occurrence): seconds
            for ticket, metric, occurrence, seconds in connection.execute(
                """select ticket_key, metric, occurrence, elapsed_seconds from marts.fct_sla_clocks
                where list_contains(?, ticket_key)""",
                [[key for key, _ in tickets]],
            ).fetchall()
        }
    assert "reported" in {basis for _, basis in tickets}
    found = {}
    for ticket, _ in tickets:
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
    assert len(found) > len(tickets) > 2 * EXPLAINED
