"""The growth of a DuckDB file under small refreshes: `python -m benchmarks.growth`.

A fact of a million rows. Each refresh deletes and inserts the rows of 0.1 % of its tickets, half of
them recent ones, and flushes. Prints the size and the allocated rows of the file relative to a
fresh one, and then the time of rewriting the file.
"""

import tempfile
import time
from pathlib import Path

import duckdb

ROWS, TICKETS, CHANGED, REFRESHES, SHOWN = 1_000_000, 100_000, 100, 300, 50
RECENT = 2_000
FACT = f"""create table fact as
    select i // 10 as ticket_id, 'generic:' || i // 10 as ticket_key, i % 10 as number,
        timestamp '2023-01-01' + interval (hash(i) % 50000000) second as entered_at,
        hash(i * 7) % 1000000 as seconds, 's' || hash(i) % 7 as status_key,
        'a' || hash(i * 3) % 200 as agent_key
    from range({ROWS}) numbers(i)"""


def refresh(connection: duckdb.DuckDBPyConnection, turn: int) -> None:
    connection.execute(
        f"""create or replace temp table changed as
        select * replace (seconds + 1 as seconds) from fact where ticket_id in (
            select if(i % 2 = 0, hash(i * {turn}) % {TICKETS},
                {TICKETS} - 1 - hash(i * {turn}) % {RECENT})
            from range({CHANGED}) numbers(i)
        )"""
    )
    connection.execute("delete from fact where ticket_id in (select ticket_id from changed)")
    connection.execute("insert into fact from changed")
    connection.execute("checkpoint")


def main() -> None:
    from helpdesk.publish.compaction import rewrite

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "growth.duckdb")
        with duckdb.connect(file) as connection:
            connection.execute(FACT)
            connection.execute("checkpoint")
            fresh = file.stat().st_size
            for turn in range(1, REFRESHES + 1):
                refresh(connection, turn)
                if turn % SHOWN == 0:
                    ((room,),) = connection.execute(
                        "select max(estimated_size) from duckdb_tables() where not temporary"
                    ).fetchall()
                    size = file.stat().st_size / fresh
                    print(f"{turn} refreshes: size {size:.2f}, room for rows {room / ROWS:.2f}")
        started = time.monotonic()
        rewrite(file)
        seconds, size = time.monotonic() - started, file.stat().st_size / fresh
        print(f"rewritten in {seconds:.1f} s: size {size:.2f}")


if __name__ == "__main__":
    main()
