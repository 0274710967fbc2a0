"""The warehouse, built from random landing files, against the reference, mart by mart."""

from __future__ import annotations

from pathlib import Path

import pytest

from .against_warehouse import built, expected
from .compare import Expected, compare
from .marts import GRAINS, SUMMARIES
from .records import Settings

pytestmark = pytest.mark.slow

TICKETS = 2000
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
