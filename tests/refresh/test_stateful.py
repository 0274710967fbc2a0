"""A warehouse that was refreshed equals one that was built anew, row for row, whatever landed in between.

HELPDESK_REFRESH_STEPS sets how many refreshes are tried, one desk each ten; HELPDESK_REFRESH_SEED another
course of events.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from orchestration.full_check import compare_marts
from tests.reference.random_desk import random_as_of, random_desk

from .folder import HAPPENINGS, Folder
from .warehouse import Warehouse

pytestmark = pytest.mark.slow
STEPS = int(os.environ.get("HELPDESK_REFRESH_STEPS", "10"))
SEED = int(os.environ.get("HELPDESK_REFRESH_SEED", "0"))
TICKETS = 60
# A desk lives for fifty days before its clock; the course begins in the middle of them.
DAYS_BEFORE = 30
# The clock stands still, moves by less than a second, or by days.
MOVES = (0, 0.4, 1, 59.5, 3600, 86_399, 86_400, 3 * 86_400, 6 * 86_400)


class Refreshes(RuleBasedStateMachine):
    """Things happen to a landing folder, the clock moves on, and the warehouse is refreshed."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(mkdtemp())
        self.refreshed = Warehouse(
            self.root / "refreshed" / "warehouse.duckdb", self.root / "target"
        )

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize(number=st.integers(0, 7), draw=st.randoms(use_true_random=False))
    def a_desk(self, number: int, draw: Random) -> None:
        as_of = random_as_of(number) - timedelta(days=DAYS_BEFORE)
        self.folder = Folder(self.root / "landing", random_desk(number, TICKETS), draw, as_of)
        self.folder.open()
        self.refresh()

    @rule(
        happenings=st.lists(st.sampled_from(HAPPENINGS), max_size=6),
        seconds=st.sampled_from(MOVES),
    )
    def time_passes(self, happenings: list[Callable[[Folder], None]], seconds: float) -> None:
        for happening in happenings:
            happening(self.folder)
        self.folder.as_of += timedelta(seconds=seconds)
        self.refresh()

    @rule(seconds=st.sampled_from(MOVES))
    def a_rule_changes(self, seconds: float) -> None:
        """Rare: then there is nothing to compare but what a full build does after a refresh."""
        if self.folder.draw.random() < 0.2:
            self.folder.a_rule_changes()
        self.folder.as_of += timedelta(seconds=seconds)
        self.refresh()

    def refresh(self) -> None:
        decided = self.refreshed.refresh(self.folder.root, self.folder.as_of)
        note(f"as of {self.folder.as_of}: {decided.reasons or 'only what changed'}")
        anew = Warehouse(self.root / "anew" / "warehouse.duckdb", self.root / "target")
        anew.refresh(self.folder.root, self.folder.as_of)
        found = compare_marts(self.refreshed.database, anew.database)
        shutil.rmtree(anew.database.parent)
        assert not found, "\n".join(map(str, found))


def test_a_refresh_is_a_full_build_that_costs_less() -> None:
    run_state_machine_as_test(
        seed(SEED)(Refreshes),
        settings=settings(
            max_examples=max(1, STEPS // 10),
            stateful_step_count=min(STEPS, 10),
            deadline=None,
            database=None,
            # A failing course takes minutes to run: it is told as it is, not made smaller.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
