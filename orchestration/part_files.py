"""The Parquet files of a build, one a part: a part that has not changed is the same file again."""

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb

from helpdesk import sql
from orchestration.parts import Base, Mart

# The quickest level of the codec and no dictionary of values that hardly recur: a third less work
# for files of the same size.
OPTIONS = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 4000"


def write_parts(
    connection: duckdb.DuckDBPyConnection, base: Base | None, folder: Path, marts: list[Mart]
) -> tuple[list[Path], int]:
    """Write or link every part of the marts of `work`: files written, and how many were linked."""
    written, linked = [], 0
    for mart in marts:
        same = set(_unchanged(base, mart))
        for part in mart.parts:
            target = folder / mart.parquet(part)
            target.parent.mkdir(parents=True, exist_ok=True)
            if base and part in same:
                _link(base.folder / mart.parquet(part), target)
                linked += 1
            else:
                _write(connection, mart, part, target)
                written.append(target)
    return written, linked


def copy_file(source: Path, target: Path) -> None:
    """A copy that shares the blocks of the source where the file system can (Btrfs, XFS, ...)."""
    with open(source, "rb") as read, open(target, "wb") as write:
        left = os.fstat(read.fileno()).st_size
        # Not on every system, and not between any two files: then the bytes are copied below.
        with suppress(OSError, AttributeError):
            while left > 0 and (copied := os.copy_file_range(read.fileno(), write.fileno(), left)):
                left -= copied
        if left > 0:
            shutil.copyfile(source, target)


def _unchanged(base: Base | None, mart: Mart) -> Iterator[str]:
    before = base.marts.get(mart.name) if base else None
    if base and before and mart.has_shape_of(before):
        for part, content in mart.parts.items():
            if before.parts.get(part) == content and base.has(mart.parquet(part)):
                yield part


def _link(source: Path, target: Path) -> None:
    """The same file under another name; a copy where the file system has no such thing."""
    try:
        os.link(source, target)
    except OSError:
        copy_file(source, target)
        target.chmod(0o444)


def _write(connection: duckdb.DuckDBPyConnection, mart: Mart, part: str, target: Path) -> None:
    rows = sql.number(
        connection,
        f"""copy (from work.marts.{sql.name(mart.name)} where {mart.condition([part])})
        to {sql.text(target)} ({OPTIONS})""",
    )
    if rows != mart.parts[part].rows:
        raise RuntimeError(f"{target}: {rows} rows written of {mart.parts[part].rows}")
    # The builds that follow link to it: whoever wrote to it would change them all.
    target.chmod(0o444)
