"""Compaction: rewrite a DuckDB file that refreshes have made much larger than needed.

Deleted rows stay in a file until most of their row group is deleted, and small batches of new rows
compress less well. The measure is bytes per row, compared with that of the freshly written file. A
text file next to it keeps that figure: `helpdesk.fresh`, `work.fresh`.
"""

import shutil
from pathlib import Path

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import opened
from helpdesk.core.files import sync
from helpdesk.core.limits import Limits, machine_limits

# So that the published file is at most about 1.3 times a fresh one.
MARTS_GROWTH = 1.2
# Files grow by blocks of 256 KB: two blocks more are not a reason to compact a small file.
SLACK = 2 * 2**18
# Only builds read the working file, and after a full build it has much free space.
WORK_GROWTH = 3.0
# A file without a known figure counts as fresh if at most this share of its blocks is free.
FREE_BLOCKS = 0.2


def compact_if_grown(file: Path, limit: float, allowed: Limits | None = None) -> bool:
    """Rewrite `file` if it has `limit` times the bytes per row of a fresh one; returns whether.

    Not if the disk has no room for a second copy. `allowed`: limits for DuckDB, by default those of
    the machine. Raises BusyError if another program has the file open.
    """
    # Left by a build that was killed.
    _unfinished(file).unlink(missing_ok=True)
    rows, is_fresh = _measure(file)
    fresh, now = _read_fresh(file), file.stat().st_size / rows
    is_grown = now > limit * fresh + SLACK / rows if fresh else not is_fresh
    is_rewritten = is_grown and _has_room(file)
    if is_rewritten:
        rewrite(file, allowed)
        fresh = now = file.stat().st_size / rows
    _fresh_file(file).write_text(str(min(fresh or now, now)))
    return is_rewritten


def _measure(file: Path) -> tuple[int, bool]:
    """Rows of all tables (at least 1), and whether none was deleted and few blocks are free.

    The write-ahead log is flushed: it must not remain when its file is replaced.
    """
    with opened(file) as connection:
        connection.execute("checkpoint")
        rows = sum(sql.table_rows(connection).values())
        allocated = sql.number(
            connection, "select coalesce(sum(estimated_size), 0) from duckdb_tables()"
        )
        total, free = connection.execute(
            "select total_blocks, free_blocks from pragma_database_size() "
            "where database_name = current_database()"
        ).fetchall()[0]
    return max(rows, 1), allocated <= rows and free <= FREE_BLOCKS * total


def _has_room(file: Path) -> bool:
    """Whether the disk has room for another such file."""
    return shutil.disk_usage(file.parent).free > file.stat().st_size


def rewrite(file: Path, allowed: Limits | None = None) -> None:
    """Copy tables with constraints, views, types and comments to a new file, and rename it."""
    copy = _unfinished(file)
    config = (allowed or machine_limits()).config(file.with_name("spill"))
    with duckdb.connect(config=config) as connection:
        # The same setting as for dbt; profiles.yml has the reason.
        connection.execute("set disabled_compression_methods = 'fsst'")
        connection.execute(f"attach {sql.text(file)} as source (read_only)")
        connection.execute(f"attach {sql.text(copy)} as target")
        connection.execute("copy from database source to target")
        connection.execute("checkpoint target")
    sync(copy)
    copy.replace(file)
    sync(file.parent)


def _unfinished(file: Path) -> Path:
    return file.with_suffix(".compact")


def _fresh_file(file: Path) -> Path:
    return file.with_suffix(".fresh")


def _read_fresh(file: Path) -> float | None:
    """Bytes per row of the fresh file; None if unknown."""
    try:
        return float(_fresh_file(file).read_text()) or None
    except (OSError, ValueError):
        return None
