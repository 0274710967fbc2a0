"""The figures of a saved report by MetricFlow, from the core marts.

MetricFlow writes its own SQL from the same semantic models. This is a second route to the figures
of the report's model, and the only route for a report that has no model yet.
"""

import logging
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import duckdb
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest
from metricflow.protocols.sql_client import SqlEngine
from metricflow.sql.render.duckdb_renderer import DuckDbSqlPlanRenderer
from metricflow_semantics.model.dbt_manifest_parser import (
    parse_manifest_from_dbt_generated_manifest,
)
from metricflow_semantics.model.semantic_manifest_lookup import SemanticManifestLookup

from helpdesk.reports.catalogue import Catalogue, Field, Measure
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literal
from helpdesk.reports.live import SCHEMA
from helpdesk.reports.report import Dimension, Filtered, Place, SavedReport, filter_sql
from helpdesk.reports.table import Column, Table

SEMANTIC_MANIFEST = "semantic_manifest.json"


class Explainer:
    """The parts of an engine that MetricFlow needs to write SQL for it."""

    sql_engine_type = SqlEngine.DUCKDB
    sql_plan_renderer = DuckDbSqlPlanRenderer()

    def render_bind_parameter_key(self, bind_parameter_key: str) -> str:
        return f"${bind_parameter_key}"


class Metrics:
    """The semantic layer over a published warehouse."""

    def __init__(self, manifest: Path, catalogue: Catalogue) -> None:
        logging.getLogger("metricflow").setLevel(logging.ERROR)
        logging.getLogger("metricflow_semantics").setLevel(logging.ERROR)
        self.catalogue = catalogue
        text = manifest.with_name(SEMANTIC_MANIFEST).read_text(encoding="utf-8")
        self._manifest = parse_manifest_from_dbt_generated_manifest(text)

    @cached_property
    def _engine(self) -> MetricFlowEngine:
        return MetricFlowEngine(SemanticManifestLookup(self._manifest), Explainer())  # type: ignore[arg-type]

    @property
    def database(self) -> str:
        """The name of the database in the SQL."""
        return str(self._manifest.semantic_models[0].node_relation.database)

    def sql(
        self, metrics: list[str], group_by: list[str], where: list[str], order_by: list[str]
    ) -> str:
        request = MetricFlowQueryRequest.create(
            metric_names=metrics,
            group_by_names=group_by,
            where_constraints=where,
            order_by_names=order_by,
        )
        return str(self._engine.explain(request).sql_statement.sql)

    def saved_query(self, name: str) -> str:
        """The SQL of a saved query of the semantic layer."""
        request = MetricFlowQueryRequest.create(saved_query_name=name)
        return str(self._engine.explain(request).sql_statement.sql)

    def query(self, report: SavedReport, by: tuple[str, ...], since: str, until: str) -> "Query":
        """The SQL of a report's table, by its date (`date`) and dimensions."""
        return Query(self, report, by, since, until)


class Query:
    """One table: its columns and its SQL."""

    def __init__(
        self, metrics: Metrics, report: SavedReport, by: tuple[str, ...], since: str, until: str
    ) -> None:
        self.metrics = metrics
        self.report = report
        self.entity = report.source.keys[0]
        self.dated = f"{self.entity}__{report.date.name}"
        if report.has_own_dates:
            self.dated = "metric_time"
        self.date = f"{self.dated}__{report.grain}"
        # Columns by MetricFlow's names.
        self.columns: dict[str, Column] = {}
        self.where = [self._condition(item) for item in report.filters]
        self._dated(since, until)
        for name in by:
            self._add_key(name)
        self.keys = list(self.columns)
        for measure in report.measures:
            self._add_measure(measure)

    @property
    def sql(self) -> str:
        measures = [name for name in self.columns if name not in self.keys]
        return self.metrics.sql(measures, self.keys, self.where, self.keys)

    def run(self, marts: Path) -> Table:
        """The table, from the published marts."""
        if not marts.exists():
            raise ReportError(f"{marts}: there are no published marts; run `helpdesk build` first.")
        path, name = str(marts.resolve()).replace("'", "''"), self.metrics.database
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as \"{name}\" (read_only)")
            connection.execute(f'use "{name}"')
            try:
                found = connection.execute(self.sql)
            except (duckdb.BinderException, duckdb.CatalogException) as error:
                raise ReportError(
                    f"{marts}: was built by another version of the models; run `helpdesk build`: "
                    f"{error}"
                ) from error
            places = [name for name, *_ in found.description or []]
            rows = [dict(zip(places, row, strict=True)) for row in found.fetchall()]
        measures = [name for name in self.columns if name not in self.keys]
        return Table(
            self.report.title,
            tuple(self.columns.values()),
            [
                tuple(row[name] for name in self.columns)
                for row in rows
                # A group without a count is left out.
                if any(row[name] for name in measures)
            ],
        )

    def _dated(self, since: str, until: str) -> None:
        date = f"{{{{ TimeDimension('{self.dated}', 'day') }}}}"
        if not self.report.is_as_of:
            self.where.append(f"{date} is not null")
        if since:
            self.where.append(f"{date} >= date {literal(since)}")
        if until:
            self.where.append(f"{date} <= date {literal(until)}")

    def _add_key(self, name: str) -> None:
        if name == "date":
            self.columns[self.date] = Column("Starting", "date")
            return
        (dimension,) = [one for one in self.report.dimensions if one.called == name]
        field, path = dimension.field, self._path(dimension.place)
        self.columns["__".join([*path, field.name])] = Column(
            f"{dimension.label} key" if field.is_key else dimension.label,
            "key" if field.is_key else "text",
            field.names,
        )
        if named := self._name_of(dimension):
            self.columns[named] = Column(dimension.label, "text")

    def _name_of(self, dimension: Dimension) -> str:
        """The column with the name of a key's member; empty if there is none."""
        field = dimension.field
        if not field.is_key:
            return ""
        target = self.metrics.catalogue.source_of_key(field.name)
        names = [one.name for one in target.fields.values() if one.sql == "name"]
        if not names:
            return ""
        path = self._path(dimension.place) if dimension.place.join else []
        return "__".join([*path, field.name, names[0]])

    def _add_measure(self, measure: Measure) -> None:
        self.columns[measure.name] = Column(measure.label, measure.format)
        measures = self.report.source.measures
        for one in measures.values():
            if one.base_metric == measure.name:
                is_secondary = measure is not self.report.measures[0]
                self.columns[one.name] = Column(one.label, one.format, is_secondary=is_secondary)

    def _path(self, place: Place) -> list[str]:
        """The entities that lead to a field; for the primary source its own entity."""
        if place.join is None:
            return [] if place.field.is_key else [self.entity]
        keys = [place.join.key.name]
        start = place.join.start
        for join in reversed(self.report.joins):
            if join.source is start:
                keys.insert(0, join.key.name)
                start = join.start
        return keys

    def _condition(self, item: Filtered) -> str:
        return filter_sql(item, lambda one: one.sql(self._reference(one.place), SCHEMA))

    def _reference(self, place: Place) -> str:
        field: Field = place.field
        if field.bridge:
            return self._key_of_ticket(place)
        path = self._path(place)
        if field.is_key:
            return f"{{{{ Entity('{field.name}', entity_path={path}) }}}}"
        name = f"{path[-1]}__{field.name}"
        way = f", entity_path={path[:-1]}" if path[:-1] else ""
        if field.is_date:
            return f"{{{{ TimeDimension('{name}', 'day'{way}) }}}}"
        return f"{{{{ Dimension('{name}'{way}) }}}}"

    def _key_of_ticket(self, place: Place) -> str:
        """The key of the bridge for a field with several values."""
        if place.join is None:
            return f"{{{{ Entity('{self.entity}') }}}}"
        start = place.join.start
        to_start = next((one for one in self.report.joins if one.source is start), None)
        return self._reference(Place(place.join.key, start, to_start))


def at_grain(report: SavedReport, grain: str) -> SavedReport:
    return replace(report, grain=grain) if grain else report
