"""Reads a saved report, with every name in it checked against the catalogue."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from builder.catalogue import FILTER_COLUMNS, Catalogue, Field, Measure, Source
from builder.conditions import read_condition
from builder.joins import read_joins
from builder.lines import Lines
from builder.lines import Place as Where
from builder.report import KEY_SUFFIX, Dimension, Join, Place, SavedReport
from dashboards.checks import nearest
from helpdesk.project import PROJECT_ROOT

REPORTS = PROJECT_ROOT / "reports"
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
# dbt renders the texts of properties: what opens a template there could read the environment.
TEMPLATE = re.compile(r"\{\{|\{%|\{#")
CHARTS = ("bar", "line")
GRAINS = ("day", "week", "month", "quarter", "year")
# Pages that show no reports, and a folder of pages.
TAKEN_PAGES = ("index", "summary", "sla", "quality", "tickets", "report")
REQUIRED = ("title", "source", "measures", "page")
OPTIONAL = ("id", "question", "definition", "join", "dimensions", "filters", "date", "grain",
            "chart", "axis", "series")  # fmt: skip


def shown_path(path: Path) -> str:
    """A path as messages show it: from the project where it is in there."""
    path = path.resolve()
    return str(path.relative_to(PROJECT_ROOT)) if path.is_relative_to(PROJECT_ROOT) else str(path)


def read_report(path: Path, catalogue: Catalogue) -> SavedReport:
    """The report that a file holds. Raises ReportError where anything in it is wrong."""
    return Reading(path, catalogue).report()


class Reading:
    """The checks of one file."""

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.name = path.stem
        self.catalogue = catalogue
        self.lines = Lines(path, shown_path(path))
        self.told = self._told()

    def report(self) -> SavedReport:
        if not NAME.fullmatch(self.name):
            raise self.lines.error(
                (), f"{self.name!r} is no name: a small letter, then small letters, digits or _"
            )
        source = self._source()
        joins = read_joins(self.lines, self.told.get("join", []), source, self.catalogue)
        dimensions = self._dimensions(source, joins)
        filters = tuple(
            read_condition(self.lines, ("filters", number), item,
                           lambda name, where: self._place(source, joins, name, where))
            for number, item in enumerate(self._items("filters", optional=True))
        )  # fmt: skip
        measures = self._measures(source, dimensions, {one.place.field.name for one in filters})
        axis, series = (self._one_of(key, dimensions) for key in ("axis", "series"))
        if axis and series:
            raise self.lines.error(("series",), "a chart has an axis or a series, not both")
        date = self._date(source, measures)
        title = self._text("title", 100)
        return SavedReport(
            name=self.name,
            file=self.lines.shown,
            id=self._slug("id", self.told.get("id", self.name)),
            title=title,
            question=self._text("question", 200, title),
            definition=self._text("definition", 2000, default_definition(measures, date)),
            page=self._page(),
            chart=self._choice("chart", CHARTS, "bar" if axis else "line"),
            grain=self._grain(),
            source=source,
            date=date,
            joins=joins,
            measures=measures,
            dimensions=dimensions,
            filters=filters,
            axis=axis,
            series=series,
        )

    def _told(self) -> dict[str, Any]:
        told = self.lines.content
        if not isinstance(told, dict):
            raise self.lines.error((), f"a report is expected, with {', '.join(REQUIRED)}")
        for key in told:
            if key not in (*REQUIRED, *OPTIONAL):
                raise self.lines.error((key,), f"unknown key{nearest(key, REQUIRED + OPTIONAL)}")
        for key in REQUIRED:
            if told.get(key) is None:
                raise self.lines.error((), f"{key} is missing")
        return told

    def _source(self) -> Source:
        name = self.told["source"]
        if name not in self.catalogue.primary:
            hint = nearest(str(name), self.catalogue.primary)
            raise self.lines.error(("source",), f"{name!r} is no source of reports{hint}")
        return self.catalogue.sources[name]

    def _measures(
        self, source: Source, dimensions: tuple[Dimension, ...], filtered: set[str]
    ) -> tuple[Measure, ...]:
        found: dict[str, Measure] = {}
        for number, name in enumerate(self._items("measures")):
            where: Where = ("measures", number)
            measure = self._measure(source, name, where)
            held = filtered | {one.field.name for one in dimensions}
            if measure.within and not held & set(measure.within):
                raise self.lines.error(
                    where, f"{name} means something only within one {measure.within[0]}: add it to "
                    "dimensions, or filter on it")  # fmt: skip
            if name in found:
                raise self.lines.error(where, f"{name} stands here a second time")
            found[name] = measure
        # An average without its n says little.
        for measure in list(found.values()):
            if measure.per:
                found.setdefault(measure.per, source.measures[measure.per])
        return tuple(found.values())

    def _measure(self, source: Source, name: Any, where: Where) -> Measure:
        measure = source.measures.get(name) if isinstance(name, str) else None
        if measure is None:
            raise self.lines.error(where, self._no_measure(source, str(name)))
        if measure.of:
            raise self.lines.error(
                where, f"{name} cannot be added up; take {measure.of}, which shows it beside it"
            )
        return measure

    def _no_measure(self, source: Source, name: str) -> str:
        for other in self.catalogue.sources.values():
            if name in other.measures:
                return (
                    f"{name} is a measure of {other.name}: joined to {source.name} it would count "
                    f"more than once. Make {other.name} the source"
                )
        if name in source.fields:
            return f"{name} is a field, not a measure{nearest(name, source.measures)}"
        return f"{source.name} has no measure {name!r}{nearest(name, source.measures)}"

    def _dimensions(self, source: Source, joins: tuple[Join, ...]) -> tuple[Dimension, ...]:
        found: dict[str, Dimension] = {}
        for number, name in enumerate(self._items("dimensions", optional=True)):
            where: Where = ("dimensions", number)
            place = self._place(source, joins, name, where)
            field = place.field
            if field.is_detail:
                raise self.lines.error(
                    where, f"{name} tells single rows apart: of use in filters, not as a dimension"
                )
            if field.is_date:
                raise self.lines.error(
                    where, f"{name} is a date: of use as the report's date and in filters"
                )
            column = column_of(place, source)
            if column in found:
                raise self.lines.error(where, f"{name} is in the report already")
            found[column] = Dimension(place, column)
        return tuple(found.values())

    def _place(self, source: Source, joins: tuple[Join, ...], name: Any, where: Where) -> Place:
        """Where a field is: `field`, or `source.field`."""
        if not isinstance(name, str):
            raise self.lines.error(where, f"the name of a field is expected, not {name!r}")
        reachable = {source.name: None, **{join.source.name: join for join in joins}}
        wanted, _, field_name = name.rpartition(".")
        if wanted and wanted not in reachable:
            raise self.lines.error(where, self._not_joined(source, wanted, reachable))
        places = [
            Place(self.catalogue.sources[at].fields[field_name], self.catalogue.sources[at], join)
            for at, join in reachable.items()
            if (not wanted or at == wanted) and field_name in self.catalogue.sources[at].fields
        ]
        if not places:
            raise self.lines.error(where, self._no_field(source, name, reachable))
        if len(places) > 1 and places[0].join:
            options = " or ".join(f"{place.source.name}.{field_name}" for place in places)
            raise self.lines.error(where, f"{name} is a field of two sources: write {options}")
        return places[0]

    def _not_joined(self, source: Source, wanted: str, reachable: Iterable[str]) -> str:
        if wanted in self.catalogue.sources:
            return f"{wanted} is not joined to {source.name}: add it to join"
        return f"{wanted!r} is no source of this report{nearest(wanted, reachable)}"

    def _no_field(self, source: Source, name: str, reachable: Iterable[str]) -> str:
        field = name.rpartition(".")[2]
        known = [one for at in reachable for one in self.catalogue.sources[at].fields]
        elsewhere = [one.name for one in self.catalogue.sources.values() if field in one.fields]
        if field in source.measures:
            return f"{name} is a measure, not a field{nearest(field, known)}"
        if "." not in name and elsewhere and field not in known:
            return f"{source.name} has no field {name!r}, {elsewhere[0]} has: add it to join"
        return f"{', '.join(reachable)} have no field {name!r}{nearest(field, known)}"

    def _one_of(self, key: str, dimensions: tuple[Dimension, ...]) -> Dimension | None:
        name = self.told.get(key)
        if name is None:
            return None
        names = {f"{one.place.source.name}.{one.field.name}": one for one in dimensions}
        names |= {one.field.name: one for one in reversed(dimensions)}
        if not isinstance(name, str) or name not in names:
            hint = nearest(str(name), names) if names else ": there are none"
            raise self.lines.error((key,), f"{name!r} is none of the dimensions{hint}")
        return names[name]

    def _date(self, source: Source, measures: tuple[Measure, ...]) -> Field:
        name = self.told.get("date", measures[0].date or source.date)
        dates = {one.name: one for one in source.fields.values() if one.is_date}
        if not isinstance(name, str) or name not in dates:
            hint = nearest(str(name), dates)
            raise self.lines.error(("date",), f"{name!r} is no date of {source.name}{hint}")
        return dates[name]

    def _grain(self) -> str:
        grain = self.told.get("grain", "week")
        if grain in ("hour", "weekday"):
            raise self.lines.error(
                ("grain",), f"{grain} is a dimension, not a grain: see `helpdesk fields {grain}`"
            )
        return self._choice("grain", GRAINS, "week")

    def _page(self) -> str:
        page = self._slug("page", self.told["page"])
        if page in TAKEN_PAGES or page != page.lower():
            raise self.lines.error(("page",), f"{page!r} is no page that reports can be put on")
        return page

    def _slug(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not SLUG.fullmatch(value):
            raise self.lines.error(
                (key,), f"{value!r} is not a letter and then letters, digits or _, 50 at most"
            )
        return value

    def _text(self, key: str, longest: int, default: str = "") -> str:
        value = self.told.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.lines.error((key,), f"a text is expected, not {value!r}")
        if TEMPLATE.search(value):
            raise self.lines.error((key,), "{{, {% and {# open a template in dbt: leave them out")
        if len(value) > longest:
            raise self.lines.error((key,), f"is longer than {longest} characters")
        return " ".join(value.split())

    def _choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value: str = self.told.get(key, default)
        if value not in choices:
            raise self.lines.error((key,), f"{value!r} is not one of {', '.join(choices)}")
        return value

    def _items(self, key: str, optional: bool = False) -> list[Any]:
        items = self.told.get(key, [] if optional else None)
        if not isinstance(items, list) or (not items and not optional):
            raise self.lines.error((key,), "a list is expected, such as [a, b]")
        return items


def column_of(place: Place, source: Source) -> str:
    """The column that holds a field: report filters have the same in every report."""
    field = place.field
    at_home = place.source.name == ("tickets" if source.filters == "ticket" else source.name)
    if at_home and field.is_key and field.sql in FILTER_COLUMNS:
        return field.sql
    name = f"{field.name}{KEY_SUFFIX}" if field.is_key else field.name
    taken = place.join and (field.name in source.fields or name in FILTER_COLUMNS)
    return f"{place.source.name}_{name}" if taken else name


def default_definition(measures: tuple[Measure, ...], date: Field) -> str:
    """What is counted, and when, in the catalogue's words."""
    told = " ".join(f"{one.label}: {one.description}" for one in measures)
    return f"{told} Date: {date.description}"
