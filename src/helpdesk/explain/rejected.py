"""The rejected rows of the last build, whether or not it was published."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from helpdesk.contract.tables import contract_tables
from helpdesk.core import sql
from helpdesk.core.build import folder_lock, opened
from helpdesk.core.errors import ConfigError, HelpdeskError, near
from helpdesk.core.paths import OutputPaths
from helpdesk.core.settings import Settings
from helpdesk.load.changes import last_modelled
from helpdesk.publish.full_check import copy_landed, scratch_folder
from helpdesk.publish.published import FILE
from helpdesk.transform.build_report import shown_value
from helpdesk.transform.dbt_results import place, table_label
from helpdesk.transform.plan import Plan, dbt_selection
from helpdesk.transform.runner import run_dbt


@dataclass(frozen=True)
class RejectedRow:
    """A row of the mart `quarantine`. `value`: the invalid value, unless it is masked."""

    source_system: str
    table_name: str
    landed_file: str
    landed_row: int
    row_key: str | None
    reason: str
    remedy: str
    raw_row: str | None

    @property
    def table(self) -> str:
        return table_label(self.source_system, self.table_name)

    @property
    def value(self) -> str | None:
        return shown_value(self.reason, self.raw_row)

    @property
    def place(self) -> str:
        return place(self.landed_file, self.landed_row, self.reason)


@dataclass(frozen=True)
class Rejected:
    """Rejected rows, and a text that names their build."""

    build: str
    rows: list[RejectedRow]


def rejected_rows(paths: OutputPaths, table: str = "") -> Rejected:
    """The rows that the last build rejected, of one table or of all.

    Raises HelpdeskError if nothing was loaded yet or there is no such table.
    """
    if table and table not in contract_tables():
        raise ConfigError(
            f"{table!r} is not a table of the contract{near(table, contract_tables())}"
        )
    build_id = _last_build(paths)
    published = paths.builds / build_id / FILE
    if published.exists():
        return Rejected(f"build {build_id}, published", _read(published, table))
    stopped = f"build {build_id}, which stopped before it was published"
    if _is_of(paths.candidate, build_id):
        return Rejected(stopped, _read(paths.candidate, table))
    with _quarantine_alone(paths) as file:
        return Rejected(f"{stopped}, before dbt ran", _read(file, table))


def _last_build(paths: OutputPaths) -> str:
    """The build of the working file, else the published one."""
    if paths.warehouse.exists():
        with opened(paths.warehouse, read_only=True) as connection:
            try:
                ((build_id,),) = connection.execute(
                    "select build_id from landing.builds"
                ).fetchall()
                return str(build_id)
            except duckdb.CatalogException:
                pass
    elif paths.current.exists():
        return paths.current.resolve().name
    raise HelpdeskError(
        f"{paths.root}: no build has loaded anything here. `helpdesk build` reports the files that "
        "it cannot read."
    )


def _is_of(candidate: Path, build_id: str) -> bool:
    """Whether that build got as far as the quality marts."""
    if not candidate.exists():
        return False
    with opened(candidate, read_only=True) as connection:
        try:
            found = connection.execute("select any_value(build_id) from marts.reconciliation")
            return found.fetchall() == [(build_id,)]
        except duckdb.CatalogException:
            return False


@contextmanager
def _quarantine_alone(paths: OutputPaths) -> Iterator[Path]:
    """A file with the quarantine of the loaded rows, built in a scratch folder."""
    with opened(paths.warehouse, read_only=True) as connection:
        last = last_modelled(connection)
        settings = last[1]["settings"] if last else Settings().model_dump(mode="json")
        selection = dbt_selection(connection, Plan(None))
    with folder_lock(paths), scratch_folder(paths) as scratch:
        copy_landed(paths.warehouse, scratch.warehouse)
        options = ["--vars", json.dumps(settings), "--select", "+quarantine", *selection]
        run_dbt("run", *options, folder=scratch.dbt_target, warehouse=scratch.root)
        yield scratch.candidate


def _read(file: Path, table: str) -> list[RejectedRow]:
    columns = ", ".join(RejectedRow.__dataclass_fields__)
    of_table = f"where table_name = {sql.text(table)}" if table else ""
    with opened(file, read_only=True) as connection:
        try:
            found = connection.execute(
                f"select {columns} from marts.quarantine {of_table} "
                "order by table_name, source_system, reason, landed_file, landed_row"
            ).fetchall()
        except duckdb.BinderException as error:
            raise HelpdeskError(
                f"{file}: an older version made it, without remedies; run `helpdesk build`."
            ) from error
    return [RejectedRow(*row) for row in found]
