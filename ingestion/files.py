"""The files of a landing folder: which there are, whether they suffice, which no table has."""

from dataclasses import dataclass
from pathlib import Path

from helpdesk.errors import LandingError
from ingestion.contract import CONTRACT, Table, landed_tables
from ingestion.readers import SUFFIXES


@dataclass(frozen=True)
class LandedFile:
    """A file of the landing folder; `name` is its path below the folder."""

    table: Table
    name: str
    path: Path
    size: int
    modified_ns: int


def find_files(landing: Path) -> list[LandedFile]:
    """The files that may land, of every source, by path. Raises LandingError.

    The contract's own are in `landing`, those of a vendor in its folder there.
    """
    if not landing.is_dir():
        raise LandingError(
            f"{landing}: there is no such folder; --landing names the landing folder."
        )
    files = []
    for table in landed_tables().values():
        is_contract = table.source_system == CONTRACT
        folder = landing if is_contract else landing / table.source_system
        inside = [path for path in (folder / table.name).rglob("*") if path.is_file()]
        beside = [folder / f"{table.name}{suffix}" for suffix in SUFFIXES]
        for path in sorted(inside) + [path for path in beside if path.is_file()]:
            if path.name.endswith(SUFFIXES) and not _is_hidden(path.relative_to(landing)):
                stat = path.stat()
                name = path.relative_to(landing).as_posix()
                files.append(LandedFile(table, name, path, stat.st_size, stat.st_mtime_ns))
    _check_needed(landing, files)
    return files


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.parts)


def _check_needed(landing: Path, files: list[LandedFile]) -> None:
    """A source that has landed anything has to land enough; without any, it is the contract."""
    found = {file.table.raw_name for file in files}
    sources = {file.table.source_system for file in files} or {CONTRACT}
    for table in landed_tables().values():
        if table.source_system in sources and table.is_needed and table.raw_name not in found:
            folder = "" if table.source_system == CONTRACT else f"{table.source_system}/"
            raise LandingError(
                f"{landing}: table {table.name} is missing; land it as {folder}{table.name}.csv, "
                f".jsonl or .parquet, or as files in a folder {folder}{table.name}/."
            )
    if CONTRACT in sources and not found & {"ticket_field_history", "messages"}:
        raise LandingError(
            f"{landing}: neither ticket_field_history nor messages is there; one of them is needed."
        )


def stray_notes(landing: Path, files: list[LandedFile]) -> list[str]:
    """Files in the folder that no table claims: named, so that a typo is seen."""
    claimed = {file.path for file in files}
    # What dlt marks a vendor's folder with.
    claimed |= {landing / table.source_system / "init" for table in landed_tables().values()}
    stray = sorted(
        path.relative_to(landing).as_posix()
        for path in landing.rglob("*")
        if path.is_file() and path not in claimed and not _is_hidden(path.relative_to(landing))
    )
    return [f"{name}: not a file of the contract or of a source, left alone" for name in stray]
