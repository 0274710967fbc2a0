"""Asks MetricFlow for the figures of a saved report, straight from the core marts.

This is the second route to what the report's model holds, and the first for a report that has none
yet: MetricFlow reads the same semantic models and makes SQL of its own.
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

from builder.catalogue import Catalogue, Field, Measure
from builder.errors import ReportError
from builder.literals import literal
from builder.report import Condition, Dimension, Place, SavedReport
from builder.table import Column, Table

SEMANTIC_MANIFEST = "semantic_manifest.json"


class Explainer:
    """What MetricFlow wants of an engine in order to write SQL for it."""

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
        """The name that the SQL gives to the database."""
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
    """One table: which columns it has, and the SQL that fills it."""

    def __init__(
        self, metrics: Metrics, report: SavedReport, by: tuple[str, ...], since: str, until: str
    ) -> None:
        self.metrics = metrics
        self.report = report
        self.entity = report.source.keys[0]
        self.date = f"{self.entity}__{report.date.name}__{report.grain}"
        # What MetricFlow calls a column, and how it is shown.
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
                    f"{marts}: was built by another version of the project: build it again. {error}"
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
                # A group in which nothing counts is in no report.
                if any(row[name] for name in measures)
            ],
        )

    def _dated(self, since: str, until: str) -> None:
        date = f"{{{{ TimeDimension('{self.entity}__{self.report.date.name}', 'day') }}}}"
        if not self.report.is_stock:
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
        """Where the name of a key's member is."""
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
            if one.of == measure.name:
                is_beside = measure is not self.report.measures[0]
                self.columns[one.name] = Column(one.label, "duration", is_beside=is_beside)

    def _path(self, place: Place) -> list[str]:
        """The entities that lead to a field; to one of the primary source, its own."""
        if place.join is None:
            return [] if place.field.is_key else [self.entity]
        keys = [place.join.key.name]
        start = place.join.start
        for join in reversed(self.report.joins):
            if join.source is start:
                keys.insert(0, join.key.name)
                start = join.start
        return keys

    def _condition(self, item: Condition) -> str:
        return item.sql(self._reference(item.place))

    def _reference(self, place: Place) -> str:
        field: Field = place.field
        path = self._path(place)
        if field.is_key:
            return f"{{{{ Entity('{field.name}', entity_path={path}) }}}}"
        name = f"{path[-1]}__{field.name}"
        way = f", entity_path={path[:-1]}" if path[:-1] else ""
        if field.is_date:
            return f"{{{{ TimeDimension('{name}', 'day'{way}) }}}}"
        return f"{{{{ Dimension('{name}'{way}) }}}}"


def at_grain(report: SavedReport, grain: str) -> SavedReport:
    return replace(report, grain=grain) if grain else report
