"""The files of a landing folder: those of each table, missing tables, and unknown files."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from helpdesk.contract.tables import CONTRACT, Table, contract_tables, landed_tables
from helpdesk.core.errors import LandingError
from helpdesk.load.texts import suffix_of

# The similarity of `company` and `companies`.
NEAR_ENOUGH = 0.75
READ = "a comma-, semicolon- or tab-separated .csv or .tsv, .jsonl, .json, .parquet or .xlsx"


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing folder. `name` is its path below the folder."""

    table: Table
    name: str
    path: Path
    size: int
    modified_ns: int


def find_files(landing: Path) -> list[LandedFile]:
    """The files to load, of every source. Raises LandingError if a required table is missing."""
    files = list_files(landing)
    if problems := missing_tables(landing, files):
        raise LandingError("\n".join(problems))
    return files


def list_files(landing: Path) -> list[LandedFile]:
    """The files to load, without a check for missing tables.

    Files of the contract are in `landing`, those of a vendor in a subfolder. Raises LandingError if
    there is no folder.
    """
    if not landing.is_dir():
        raise LandingError(
            f"{landing}: this folder does not exist; name the landing folder with --landing."
        )
    entries = {
        source: _by_name(landing if source == CONTRACT else landing / source)
        for source in {table.source_system for table in landed_tables().values()}
    }
    files = []
    for table in landed_tables().values():
        for path in _files_of(table, entries[table.source_system]):
            if not _is_hidden(path.relative_to(landing)):
                stat = path.stat()
                name = path.relative_to(landing).as_posix()
                files.append(LandedFile(table, name, path, stat.st_size, stat.st_mtime_ns))
    return files


def files_of(table: Table, folder: Path) -> list[Path]:
    """The files of one table in the folder of its source."""
    return [
        path
        for path in _files_of(table, _by_name(folder))
        if not _is_hidden(path.relative_to(folder))
    ]


def _by_name(folder: Path) -> dict[str, list[Path]]:
    """The entries of a folder by their table name, in lower case."""
    entries: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        name = path.name.lower()
        entries.setdefault(name.removesuffix(suffix_of(path)), []).append(path)
    return entries


def _files_of(table: Table, entries: dict[str, list[Path]]) -> Iterator[Path]:
    there = entries.get(table.name, [])
    folders = [path for path in there if path.is_dir() and path.name.lower() == table.name]
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file() and suffix_of(path))
    yield from (path for path in there if path.is_file() and suffix_of(path))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def missing_tables(landing: Path, files: list[LandedFile]) -> list[str]:
    """A message for each required table that is missing, of every source with files.

    Without any files, the required tables are those of the contract.
    """
    found = {file.table.raw_name for file in files}
    sources = {file.table.source_system for file in files} or {CONTRACT}
    problems = []
    for table in landed_tables().values():
        if table.source_system in sources and table.is_needed and table.raw_name not in found:
            folder = "" if table.source_system == CONTRACT else f"{table.source_system}/"
            problems.append(
                f"{landing}: table {table.name} is missing; add {folder}{table.name}.csv, "
                f".jsonl or .parquet, or files in a folder {folder}{table.name}/."
                f"{_neighbours(landing, files, table.name)}"
            )
    if CONTRACT in sources and not found & {"ticket_field_history", "messages"}:
        problems.append(
            f"{landing}: ticket_field_history and messages are both missing; add one of them."
            f"{_neighbours(landing, files, 'ticket_field_history')}"
            f"{_neighbours(landing, files, 'messages')}"
        )
    return problems


def _neighbours(landing: Path, files: list[LandedFile], table: str) -> str:
    """The unknown files that may belong to this table, each with a remedy."""
    near_by = [name for name in _strays(landing, files) if _near_table(name) == table]
    return "".join(f" Found {name}: {_question(name)}" for name in near_by)


def stray_notes(landing: Path, files: list[LandedFile]) -> list[str]:
    """A note for each file that belongs to no table, which may be a typing error."""
    return [
        f"{name}: not loaded, as no table of the contract or of a source has this name"
        + (f"; {_question(name)}" if _near_table(name) else "")
        for name in _strays(landing, files)
    ]


def _strays(landing: Path, files: list[LandedFile]) -> list[str]:
    claimed = {file.path for file in files}
    # dlt writes this file into a vendor's folder.
    claimed |= {landing / table.source_system / "init" for table in landed_tables().values()}
    return sorted(
        path.relative_to(landing).as_posix()
        for path in landing.rglob("*")
        if path.is_file() and path not in claimed and not _is_hidden(path.relative_to(landing))
    )


def _near_table(name: str) -> str:
    """The table that a file seems to belong to, by the first part of its path; empty if none."""
    first = re.sub(r"\W+", "_", name.split("/")[0].lower())
    tables = [*contract_tables()]
    # `tickets_2024.csv`, `tickets (1).csv`: the longest table name at the start.
    begun = [table for table in tables if re.match(rf"{table}([_\d]|$)", first)]
    if begun:
        return max(begun, key=len)
    stem = re.sub(r"[\W\d]+$", "", name.split("/")[0].lower().partition(".")[0])
    close = difflib.get_close_matches(stem, tables, n=1, cutoff=NEAR_ENOUGH)
    return close[0] if close else ""


def _question(name: str) -> str:
    """The question whether a file belongs to a table, and the remedy."""
    table = _near_table(name)
    path = Path(name)
    suffix = suffix_of(path)
    if suffix:
        remedy = f"Rename it to {table}{suffix}, or move it into a folder {table}/."
    else:
        remedy = f"Save it as {table}.csv; supported files are {READ}."
    return f"is it {table}? {remedy}"
