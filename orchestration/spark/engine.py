"""The models made by a Spark cluster, and what a build does around that."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from helpdesk import sql
from helpdesk.errors import ConfigError
from orchestration.build import Build, opened
from orchestration.dbt_project import dbt_vars, ensure_manifest
from orchestration.engines import SPARK
from orchestration.spark.models import PARQUET, write_views
from orchestration.spark.server import Server
from orchestration.spark.shared import share_books, share_raw
from orchestration.spark.tables import (
    check_sight,
    clear_left_behind,
    create_databases,
    mark_build,
    marked_build,
    register,
)

TARGET = "spark"


class Spark:
    """The models as tables of a cluster, on storage that it shares with this machine."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._settings = build.settings
        self._shared = shared_folder(build.shared or self._settings.spark.shared_storage)
        self._server = Server.configured()

    @property
    def models(self) -> Path:
        return self._build.paths.spark_models

    def state(self) -> str:
        with self._server.session() as session:
            ((version,),) = session.rows("select split(version(), ' ')[0]")
            # The tables of another output, or a metastore begun anew, are not those of its books.
            return self._state(version, marked_build(session))

    def _state(self, version: str, build_id: str) -> str:
        form = self._settings.spark.file_format
        laid_out = f"{form} by part in {self._shared}"
        return f"{SPARK}{version}, {laid_out}, build {build_id or 'none'}"

    def start(self, connection: duckdb.DuckDBPyConnection) -> None:
        tables = share_raw(connection, self._shared, anew=self._build.full_refresh)
        with self._server.session() as session:
            check_sight(session, self._shared, self._build.build_id)
            create_databases(session, self._shared)
            # Of the other formats the metastore does not tell in this way what is whose.
            if self._settings.spark.file_format == PARQUET:
                clear_left_behind(session, self._shared)
            register(session, tables)
            # Last: what fails above leaves the tables as they were, and a refresh can follow.
            mark_build(session, "")

    def dbt_arguments(self) -> list[str]:
        more = {"file_format": self._settings.spark.file_format}
        return ["--target", TARGET, *dbt_vars(self._settings, more)]

    @contextmanager
    def connect(self) -> Iterator[Any]:
        with self._server.session() as session, session.connection.cursor() as cursor:
            yield cursor

    def refresh_models(self) -> None:
        with self._server.session() as session:
            write_views(session, self._shared, ensure_manifest(), self.models)

    def finish(self) -> None:
        with self._server.session() as session:
            mark_build(session, self._build.build_id)

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        books = share_books(connection, self._shared)
        with self._server.session() as session:
            register(session, books)

    def rows(self) -> dict[tuple[str, str], int]:
        """Counted without reading a row: each Parquet file says how many it has."""
        with opened(self.models, read_only=True) as connection:
            views = connection.execute(
                "select schema_name, view_name from duckdb_views() where not internal"
            ).fetchall()
            return {
                (schema, view): sql.number(
                    connection, f"select count(*) from {sql.name(schema)}.{sql.name(view)}"
                )
                for schema, view in views
            }


def shared_folder(told: str) -> Path:
    """The folder of shared storage. Raises ConfigError where none is named."""
    if not told:
        raise ConfigError(
            "--target spark needs --shared FOLDER, or spark.shared_storage in the settings: a "
            "folder that this machine and the whole cluster have mounted at the same place."
        )
    if "://" in told:
        raise ConfigError(
            f"{told}: shared storage is a folder; mount the file system or bucket on this machine "
            "and on the whole cluster, at the same place, and name the folder there."
        )
    return Path(told).resolve()
