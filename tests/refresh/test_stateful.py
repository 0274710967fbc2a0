"""After any changes of files, a refreshed warehouse equals a full build, row for row, in every mart and view.

HELPDESK_REFRESH_STEPS sets the number of steps, at most ten per desk. HELPDESK_REFRESH_SEED chooses
other random changes.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import mkdtemp

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, assume, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from helpdesk.publish.compare import compare_marts
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import read_manifest
from tests.reference.random_desk import random_as_of, random_desk

from .folder import HAPPENINGS, Folder
from .own_fields import declared, with_own_fields
from .warehouse import Warehouse

pytestmark = pytest.mark.slow
# These few steps with this seed have most kinds of changes.
STEPS = int(os.environ.get("HELPDESK_REFRESH_STEPS", "2"))
SEED = int(os.environ.get("HELPDESK_REFRESH_SEED", "0"))
TICKETS = 60
# A desk has events in the fifty days before its as_of, and the test starts in the middle of them.
DAYS_BEFORE = 30
# as_of stays, moves by less than a second, or moves by days.
MOVES = (0, 0.4, 1, 59.5, 3600, 86_399, 86_400, 3 * 86_400, 6 * 86_400)


class Refreshes(RuleBasedStateMachine):
    """Changes a landing folder, advances as_of, and refreshes the warehouse.

    `compared`: the number of refreshes that were compared with a full build.
    """

    compared = 0

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(mkdtemp())
        self.refreshed = Warehouse(self.root / "refreshed")

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @initialize(number=st.integers(0, 7), chance=st.integers(0, 2**32))
    def a_desk(self, number: int, chance: int) -> None:
        # Hypothesis tries the simplest course of events first, in which only rules change.
        assume(chance)
        draw = Random(chance)
        as_of = random_as_of(number) - timedelta(days=DAYS_BEFORE)
        desk = with_own_fields(random_desk(number, TICKETS), draw)
        self.folder = Folder(self.root / "landing", desk, draw, as_of)
        self.folder.open()
        self.refreshed.refresh(self.folder.root, self.folder.as_of)
        self.see()

    @rule(
        happenings=st.lists(st.sampled_from(HAPPENINGS), max_size=12),
        seconds=st.sampled_from(MOVES),
    )
    def time_passes(self, happenings: list[Callable[[Folder], None]], seconds: float) -> None:
        for happening in happenings:
            happening(self.folder)
        self.folder.as_of += timedelta(seconds=seconds)
        self.refresh()

    @rule(seconds=st.sampled_from(MOVES))
    def a_rule_changes(self, seconds: float) -> None:
        """Rare, because it causes a full build, which there is nothing to compare with."""
        if self.folder.draw.random() < 0.2:
            self.folder.a_rule_changes()
        self.folder.as_of += timedelta(seconds=seconds)
        self.refresh()

    def refresh(self) -> None:
        plan = self.refreshed.refresh(self.folder.root, self.folder.as_of)
        note(f"as of {self.folder.as_of}: {plan.reasons or 'only what changed'}")
        self.see()
        if plan.previous_as_of is None:
            return
        full = Warehouse(self.root / "full")
        full.refresh(self.folder.root, self.folder.as_of)
        found = compare_marts(self.refreshed.paths.candidate, full.paths.candidate)
        shutil.rmtree(full.root)
        assert not found, "\n".join(map(str, found))
        Refreshes.compared += 1

    def see(self) -> None:
        """Every mart exists, and the folder knows the closed tickets."""
        with duckdb.connect(self.refreshed.paths.candidate, read_only=True) as connection:
            marts = connection.execute("select distinct table_name from duckdb_columns() "
                "where schema_name = 'marts'").fetchall()  # fmt: skip
            closed = connection.execute(
                "select ticket_id from marts.fct_tickets where status_state = 'closed' order by all"
            ).fetchall()
        assert {name for (name,) in marts} == {
            mart.name
            for mart in read_manifest(ensure_manifest()).marts
            if mart.materialized != "ephemeral"
        }
        self.folder.closed = [ticket for (ticket,) in closed]


def test_a_refresh_equals_a_full_build(tmp_path: Path) -> None:
    steps = settings(
        max_examples=max(1, STEPS // 10),
        stateful_step_count=min(STEPS, 10),
        deadline=None,
        database=None,
        # A failing sequence takes minutes to run, so it is reported without shrinking.
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with declared(tmp_path):
        run_state_machine_as_test(seed(SEED)(Refreshes), settings=steps)
    assert Refreshes.compared
