"""The files of a simulation: the same bytes for the same seed, at any size, block by block."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from helpdesk.cli.app import app
from helpdesk.simulator import DEFAULT_UNTIL, TABLES, rows, simulate
from tests.ingestion.simulator.desk import DESK, SEED


def contents(folder: Path) -> dict[str, bytes]:
    """File name -> bytes."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("once", 3), ("again", 3), ("other", 4)):
        simulate(500, seed, tmp_path / name, DEFAULT_UNTIL)
    once, other = contents(tmp_path / "once"), contents(tmp_path / "other")
    assert once == contents(tmp_path / "again")
    for table in ("tickets", "messages", "agent_availability", "calls", "survey_responses"):
        assert once[f"{table}.parquet"] != other[f"{table}.parquet"]


def test_messages_are_written_block_by_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks become row groups, and keys and order continue across them."""
    monkeypatch.setattr(rows, "BLOCK", 200)
    simulate(500, SEED, tmp_path, DEFAULT_UNTIL)
    file = str(tmp_path / "messages.parquet")
    groups = duckdb.sql(f"select count(distinct row_group_id) from parquet_metadata('{file}')")
    assert groups.fetchall() == [(3,)]
    keys = f"""
        select count(distinct message_id), count(distinct ticket_id) > 400,
            max(message_id::bigint) - min(message_id::bigint) + 1, count(*)
        from '{file}'
    """
    distinct, from_all_blocks, span, messages = duckdb.sql(keys).fetchall()[0]
    assert distinct == span == messages
    assert from_all_blocks


@pytest.mark.parametrize("tickets", [0, 1, 13])
def test_any_size_is_written_completely(tmp_path: Path, tickets: int) -> None:
    simulate(tickets, SEED, tmp_path, datetime(2024, 3, 1, 9, 37, 11, tzinfo=UTC))
    assert {file.stem for file in tmp_path.iterdir()} == set(TABLES)
    assert duckdb.from_parquet(str(tmp_path / "tickets.parquet")).shape[0] == tickets


def test_a_small_desk_has_rows_in_every_common_table(tmp_path: Path) -> None:
    simulate(12, SEED, tmp_path, DEFAULT_UNTIL)
    rare = {"deletions", "ticket_sla_applied"}
    for table in TABLES.keys() - rare:
        assert duckdb.from_parquet(str(tmp_path / f"{table}.parquet")).shape[0] > 0, table


def test_a_larger_desk_has_more_agents() -> None:
    larger = DESK.staffed_for(300_000)
    assert larger.team_sizes == (27, 18, 12, 15)
    assert len(larger.left) == 3 * len(DESK.left)
    assert len(larger.moved) == 3 * len(DESK.moved)
    assert DESK.staffed_for(20_000) == DESK


def test_the_command_can_simulate_without_incidents(tmp_path: Path) -> None:
    out = tmp_path / "command"
    arguments = ["simulate", "--tickets", "300", "--seed", "5", "--out", str(out)]
    result = CliRunner().invoke(app, [*arguments, "--no-incidents"])
    assert result.exit_code == 0
    simulate(300, 5, tmp_path / "function", incidents=False)
    assert contents(out) == contents(tmp_path / "function")
    simulate(300, 5, tmp_path / "eventful")
    assert contents(out) != contents(tmp_path / "eventful")


def test_until_needs_a_zone(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="time zone"):
        simulate(1, SEED, tmp_path, datetime(2024, 3, 1))
