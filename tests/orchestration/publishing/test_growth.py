"""After any number of small refreshes the files are not much larger than fresh ones."""

import duckdb
import pytest

from helpdesk.core.paths import OutputPaths
from helpdesk.publish.compaction import MARTS_GROWTH, WORK_GROWTH, compact_if_grown
from tests.orchestration.publishing.warehouse import (
    ROWS,
    STATEMENTS,
    assert_serves_the_candidate,
    change,
    publish_next,
    refresh,
    served,
)

REFRESHES = 200


@pytest.mark.long
def test_hundreds_of_small_refreshes(paths: OutputPaths) -> None:
    # Large enough for its blocks not to matter.
    change(
        paths,
        f"""insert into marts.fct_tickets
        select tickets.* replace (
            ticket_key + n * {ROWS} as ticket_key, hash(ticket_key, n) % 1000000000000 as seconds
        )
        from marts.fct_tickets as tickets, range(1, 6) as numbers(n)""",
    )
    publish_next(paths)
    fresh = paths.published.stat().st_size
    compacted, largest = 0, 0.0
    for number in range(1, REFRESHES + 1):
        refresh(paths, number, tickets=2000)
        # Small refreshes, and now and then a full one.
        compacted += compact_if_grown(paths.candidate, MARTS_GROWTH)
        if number % 20 == 0:
            publish_next(paths)
            largest = max(largest, paths.published.stat().st_size / fresh)
        largest = max(largest, paths.candidate.stat().st_size / fresh)
    assert largest <= 1.3
    # Compaction is the exception: otherwise builds would write every mart twice.
    assert 1 <= compacted <= REFRESHES / 10
    assert_serves_the_candidate(paths)


def test_compaction_keeps_everything(paths: OutputPaths) -> None:
    before = contents(paths)
    for number in range(1, 6):
        refresh(paths, number, tickets=ROWS // 3)
        change(
            paths, f"update marts.fct_tickets set seconds = seconds - 1 where seconds > {number}"
        )
    assert publish_next(paths).is_compacted
    assert_serves_the_candidate(paths)
    assert contents(paths) == before
    with pytest.raises(duckdb.ConstraintException, match="NOT NULL"):
        change(paths, "insert into marts.fct_tickets (ticket_key) values (null)")
    with pytest.raises(duckdb.ConstraintException, match="CHECK"):
        change(paths, "insert into marts.fct_tickets (ticket_key, seconds) values (1, -1)")


def contents(paths: OutputPaths) -> list[tuple[str, ...]]:
    """The definitions of everything in the file."""
    return served(
        paths,
        "select schema_name, table_name, sql, comment from duckdb_tables() union all "
        "select schema_name, view_name, sql, comment from duckdb_views() where not internal "
        "union all select schema_name, type_name, '', comment from duckdb_types() "
        "where not internal order by all",
    )


def test_a_file_without_a_known_size_is_compacted_if_rows_were_deleted(paths: OutputPaths) -> None:
    record = paths.candidate.with_suffix(".fresh")
    record.unlink()
    assert not publish_next(paths).is_compacted
    record.write_text("half a n")
    change(paths, "delete from marts.fct_tickets where ticket_key % 2 = 0")
    assert publish_next(paths).is_compacted
    assert not publish_next(paths).is_compacted


def test_the_working_file_stays_small(paths: OutputPaths) -> None:
    change_work = [statement.replace("marts", "staging") for statement in STATEMENTS]
    with duckdb.connect(paths.warehouse) as connection:
        for statement in change_work:
            connection.execute(statement)
    assert not compact_if_grown(paths.warehouse, WORK_GROWTH)
    fresh = paths.warehouse.stat().st_size
    for number in range(12):
        with duckdb.connect(paths.warehouse) as connection:
            # Temporary intermediate tables.
            connection.execute(f"create table t{number} as from staging.fct_tickets")
            connection.execute(f"create table t{number}_more as from staging.fct_tickets")
            if number:
                connection.execute(f"drop table t{number - 1}")
                connection.execute(f"drop table t{number - 1}_more")
        compact_if_grown(paths.warehouse, WORK_GROWTH)
        assert paths.warehouse.stat().st_size <= 2 * WORK_GROWTH * fresh
    with duckdb.connect(paths.warehouse, read_only=True) as connection:
        assert connection.execute("select count(*) from staging.rpt_by_agent").fetchall() == [(50,)]


def test_without_room_for_a_copy_nothing_is_compacted(
    paths: OutputPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(paths, "delete from marts.fct_tickets where ticket_key % 2 = 0")
    monkeypatch.setattr("helpdesk.publish.compaction._has_room", lambda file: False)
    assert not publish_next(paths).is_compacted
    assert_serves_the_candidate(paths)
