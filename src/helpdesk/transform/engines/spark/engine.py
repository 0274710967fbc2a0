"""The engine Spark, which runs the models on a cluster."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from helpdesk.core import sql
from helpdesk.core.build import Build, opened
from helpdesk.core.errors import ConfigError
from helpdesk.transform.engines.base import SPARK, Log, remove_candidate
from helpdesk.transform.engines.spark.models import PARQUET, copy_marts, write_views
from helpdesk.transform.engines.spark.server import Server
from helpdesk.transform.engines.spark.shared import share_load_log, share_raw
from helpdesk.transform.engines.spark.tables import (
    check_sight,
    clear_left_behind,
    create_databases,
    mark_build,
    marked_build,
    register,
)
from helpdesk.transform.manifest import ensure_manifest
from helpdesk.transform.nodes import read_manifest
from helpdesk.transform.runner import dbt_vars, run_dbt

TARGET = "spark"
VIEWS_OF_MARTS = "config.materialized:view,config.schema:marts"


class Spark:
    """Runs the models as tables of a cluster, on storage that it shares with this machine."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._settings = build.settings
        self._shared = shared_folder(build.shared or self._settings.spark.shared_storage)
        self._server = Server.configured()

    @property
    def work(self) -> Path:
        return self._build.paths.spark_models

    def state(self) -> str:
        with self._server.session() as session:
            ((version,),) = session.rows("select split(version(), ' ')[0]")
            # With the build, because the metastore may be new or have tables of another output.
            return self._state(version, marked_build(session))

    def _state(self, version: str, build_id: str) -> str:
        form = self._settings.spark.file_format
        return f"{SPARK}{version}, {form} in {self._shared}, build {build_id or 'none'}"

    def lost(self) -> str:
        # The state includes the build of the tables.
        return ""

    def start(self, connection: duckdb.DuckDBPyConnection, is_full: bool) -> None:
        if is_full:
            remove_candidate(self._build.paths)
        tables = share_raw(connection, self._shared, rewrite=self._build.full_refresh)
        with self._server.session() as session:
            check_sight(session, self._shared, self._build.build_id)
            create_databases(session, self._shared)
            # For other formats, the metastore does not have the folders of tables in this form.
            if self._settings.spark.file_format == PARQUET:
                clear_left_behind(session, self._shared)
            register(session, tables)
            # Last, because a failure above leaves the tables unchanged, and a refresh can follow.
            mark_build(session, "")

    def dbt_arguments(self) -> list[str]:
        more = {"file_format": self._settings.spark.file_format}
        return ["--target", TARGET, *dbt_vars(self._settings, more)]

    def dbt_variables(self) -> dict[str, str]:
        """None: whoever starts a build names the cluster, in the environment."""
        return {}

    @contextmanager
    def connect(self) -> Iterator[Any]:
        with self._server.session() as session, session.connection.cursor() as cursor:
            yield cursor

    def fill_candidate(self, makes_views: bool, log: Log) -> None:
        paths, manifest = self._build.paths, read_manifest(ensure_manifest())
        with self._server.session() as session:
            write_views(session, self._shared, manifest, self.work)
        copy_marts(self.work, paths.candidate, manifest.marts)
        if makes_views:
            # The views on the cluster are in Spark's SQL, and the published file needs DuckDB's.
            target = paths.work / "dbt_views"
            options = ["--select", VIEWS_OF_MARTS, *dbt_vars(self._settings)]
            run_dbt("run", *options, folder=target, warehouse=paths.root, log=log)

    def finish(self) -> None:
        with self._server.session() as session:
            mark_build(session, self._build.build_id)

    @contextmanager
    def revisits(self, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
        connection.execute(f"attach {sql.text(self.work)} as cluster (read_only)")
        try:
            yield "cluster.intermediate.int_tickets_to_revisit"
        finally:
            connection.execute("detach cluster")

    def close(self, connection: duckdb.DuckDBPyConnection) -> None:
        log_tables = share_load_log(connection, self._shared)
        with self._server.session() as session:
            register(session, log_tables)

    def rows(self) -> dict[tuple[str, str], int]:
        """The numbers from the metadata of the Parquet files."""
        with opened(self.work, read_only=True) as connection:
            views = connection.execute(
                "select schema_name, view_name from duckdb_views() where not internal"
            ).fetchall()
            return {
                (schema, view): sql.number(
                    connection, f"select count(*) from {sql.name(schema)}.{sql.name(view)}"
                )
                for schema, view in views
            }


def shared_folder(named: str) -> Path:
    """The folder of shared storage. Raises ConfigError if there is none."""
    if not named:
        raise ConfigError(
            "--target spark needs --shared FOLDER, or spark.shared_storage in the settings: a "
            "folder that this machine and the whole cluster have mounted under the same path."
        )
    if "://" in named:
        raise ConfigError(
            f"{named}: shared storage must be a folder; mount the file system or bucket on this "
            "machine and on the whole cluster under the same path, and name the folder there."
        )
    return Path(named).resolve()
