"""The marts as Parquet files, written from a published build on request.

A mart is a folder: one file, or several if it is larger than a row group of DuckDB. The folder
that readers open is a link, moved by one rename; the previous files stay for readers that still
have them open.
"""

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import damage_explained
from helpdesk.core.errors import ConfigError
from helpdesk.core.files import replace_link, sync_tree
from helpdesk.core.limits import Limits, machine_limits
from helpdesk.publish.published import CATALOGUE, FILE

ROW_GROUP = 122_880
# The fastest compression level, and no dictionary for values that rarely recur: a third less work
# for files of the same size.
OPTIONS = "format parquet, compression zstd, compression_level 1, dictionary_size_limit 4000"
FILE_SIZE = "file_size_bytes '64MB'"
# The present export and the one before.
KEPT = 2


@dataclass(frozen=True)
class Exported:
    """The result of an export: the link to the folder, marts, rows, bytes."""

    folder: Path
    marts: int
    rows: int
    size_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.marts} marts as Parquet, {self.rows:,} rows, {self.size_bytes / 1e6:.1f} MB: "
            f"{self.folder}"
        )


def export_parquet(
    build: Path, target: Path, with_reports: bool = False, limits: Limits | None = None
) -> Exported:
    """Write the tables of a build as Parquet, with a catalogue, and link `target` to them.

    `with_reports`: the views, too. `limits`: limits for DuckDB, by default those of the machine.
    Raises ConfigError if something other than an export is at `target`.
    """
    if target.exists() and not target.is_symlink():
        raise ConfigError(f"{target}: exists and is not an export; give the path of a new folder.")
    target.parent.mkdir(parents=True, exist_ok=True)
    for abandoned in target.parent.glob(f".{target.name}.*.partial"):
        shutil.rmtree(abandoned)
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    partial = target.with_name(f".{target.name}.{stamp}.partial")
    partial.mkdir()
    try:
        config = (limits or machine_limits()).config(partial / ".spill")
        with (
            duckdb.connect(config=config) as connection,
            damage_explained(build / FILE, is_published=True),
        ):
            exported = _write(connection, build, partial, target, with_reports)
        shutil.rmtree(partial / ".spill", ignore_errors=True)
        sync_tree(partial)
        folder = partial.rename(partial.with_suffix(""))
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    replace_link(target, Path(folder.name))
    for old in sorted(target.parent.glob(f".{target.name}.*Z"))[:-KEPT]:
        shutil.rmtree(old)
    return exported


def _write(
    connection: duckdb.DuckDBPyConnection,
    build: Path,
    folder: Path,
    target: Path,
    with_reports: bool,
) -> Exported:
    catalogue = json.loads((build / CATALOGUE).read_text())
    models = [one for one in catalogue["models"] if one["kind"] == "table" or with_reports]
    connection.execute("set timezone = 'UTC'")
    connection.execute(f"attach {sql.text(build / FILE)} as build (read_only)")
    rows = sum(_write_mart(connection, model, folder) for model in models)
    described = catalogue | {
        "models": [model | {"files": f"{model['name']}/*.parquet"} for model in models]
    }
    (folder / CATALOGUE).write_text(json.dumps(described, indent=2))
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    return Exported(target, len(models), rows, size)


def _write_mart(connection: duckdb.DuckDBPyConnection, model: dict[str, Any], folder: Path) -> int:
    target = folder / model["name"]
    options = f"{OPTIONS}, {FILE_SIZE}"
    if (model["rows"] or 0) <= ROW_GROUP:
        target.mkdir()
        target, options = target / "data_0.parquet", OPTIONS
    return sql.number(
        connection,
        f"copy (from build.marts.{sql.name(model['name'])}) to {sql.text(target)} ({options})",
    )
