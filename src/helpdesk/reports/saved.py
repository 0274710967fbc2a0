"""Reads the file of a report and checks every name in it against the catalogue."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from helpdesk.contract.tables import contract_tables
from helpdesk.core.errors import near
from helpdesk.core.places import PACKAGE_ROOT, PROJECT_ROOT
from helpdesk.load.own_fields import OWN_FIELDS_HINT, own_fields
from helpdesk.reports.catalogue import FILTER_COLUMNS, Catalogue, Field, Measure, Source
from helpdesk.reports.checks import nearest
from helpdesk.reports.conditions import read_filter
from helpdesk.reports.definition import CHARTS, MOST_MEMBERS, NEEDED_PARTS, SORTS, STACKED
from helpdesk.reports.former_keys import present_keys
from helpdesk.reports.joins import read_joins
from helpdesk.reports.lines import Lines
from helpdesk.reports.lines import Place as Where
from helpdesk.reports.report import (
    FILTER_NAMES,
    KEY_SUFFIX,
    AnyOf,
    Dimension,
    Join,
    Place,
    SavedReport,
    conditions_of,
)

# The project's own reports, and the prebuilt ones.
REPORTS = PROJECT_ROOT / "reports"
PREBUILT = PACKAGE_ROOT / "reports" / "prebuilt"
NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")
SLUG = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,49}")
# dbt renders the texts of properties as templates, which can read the environment.
TEMPLATE = re.compile(r"\{\{|\{%|\{#")
# The parts of a chart that take a dimension.
PARTS = ("axis", "series", "rows")
GRAINS = ("day", "week", "month", "quarter", "year")
# Pages without reports, and the folder of report pages.
TAKEN_PAGES = (
    "index", "summary", "sla", "quality", "ticket", "tickets", "report", "reports", "builder"
)  # fmt: skip
REQUIRED = ("title", "source", "measures", "page")
OPTIONAL = ("id", "question", "definition", "join", "dimensions", "filters", "date", "grain",
            "chart", "axis", "series", "rows", "sort", "limit", "left_out", "stack", "histogram",
            "alongside", "columns", "breakdowns", "requires", "recency_note")  # fmt: skip
# `page` of a report that is only a mart; `date` of a report whose measures have their own dates.
NO_PAGE, OWN_DATES = "none", "own"


def shown_path(path: Path) -> str:
    """A path for messages: relative to the present folder if it is inside."""
    return _relative(path, Path.cwd())


def path_in_project(path: Path) -> str:
    """A path for generated files: relative to the project, so the same on every machine."""
    return _relative(path, PROJECT_ROOT)


def path_of(report: SavedReport) -> Path:
    """The file of a report."""
    return PROJECT_ROOT / report.file


def _relative(path: Path, folder: Path) -> str:
    path = path.resolve()
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def read_report(path: Path, catalogue: Catalogue) -> SavedReport:
    """The report of a file. Raises ReportError if anything in it is invalid."""
    return Reading(path, catalogue).report()


class Reading:
    """The checks of one file."""

    # What an error adds where a field is unknown and none is declared.
    hint_of_own_fields = f". {OWN_FIELDS_HINT}"

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self.file = path_in_project(path)
        self.name = path.stem
        self.catalogue = catalogue
        self.lines = Lines(path, shown_path(path))
        self.declared = self._declared()

    def report(self) -> SavedReport:
        if not NAME.fullmatch(self.name):
            raise self.lines.error(
                (),
                f"{self.name!r} is not a valid name: a lower-case letter, then lower-case letters, "
                "digits or _",
            )
        source = self._source()
        joins = read_joins(self.lines, self.declared.get("join", []), source, self.catalogue)
        dimensions = self._dimensions(source, joins)
        filters = tuple(
            read_filter(self.lines, ("filters", number), item,
                           lambda name, where: self._place(source, joins, name, where))
            for number, item in enumerate(self._items("filters", optional=True))
        )  # fmt: skip
        measures = self._measures(
            source,
            dimensions,
            {
                one.place.field.name
                for item in filters
                for one in conditions_of(item)
                if not isinstance(item, AnyOf)
            },
        )
        axis, series, rows = (self._one_of(key, dimensions) for key in PARTS)
        if axis and series:
            raise self.lines.error(("series",), "a chart has an axis or a series, not both")
        if rows and rows is axis:
            raise self.lines.error(("rows",), "the axis already has this dimension")
        chart = self._chart(measures[0])
        has_own_dates = self.declared.get("date") == OWN_DATES
        date = self._date(source, measures)
        title = self._text("title", 100)
        histogram = self._histogram(measures[0], dimensions)
        breakdowns = self._breakdowns(
            source, [one for one in dimensions if one not in (axis, series)]
        )
        for key, needed in (("rows", rows), *(("histogram", one) for one in histogram or ())):
            if needed and breakdowns is not None and needed.place.field.name not in breakdowns:
                raise self.lines.error(
                    ("breakdowns",), f"{key} needs {needed.place.field.name} here too"
                )
        return SavedReport(
            name=self.name,
            file=self.file,
            id=self._slug("id", self.declared.get("id", self.name)),
            title=title,
            question=self._text("question", 200, title),
            definition=self._text("definition", 2000, default_definition(measures, date)),
            page=self._page(),
            chart=chart,
            grain=self._grain(),
            source=source,
            date=date,
            has_own_dates=has_own_dates,
            joins=joins,
            measures=measures,
            dimensions=dimensions,
            filters=filters,
            axis=axis,
            series=series,
            rows=rows,
            sort=self._sort(axis or series or rows),
            limit=self._limit(axis or series or rows),
            left_out=self._left_out(series),
            stack=self._stack(measures, axis or series or rows),
            histogram=histogram,
            alongside=self._alongside(axis or series or rows),
            columns=self._columns(source, dimensions),
            breakdowns=breakdowns,
            requires=self._requires(),
            recency_note=self._text("recency_note", 200) if "recency_note" in self.declared else "",
        )

    def _declared(self) -> dict[str, Any]:
        if not isinstance(self.lines.content, dict):
            raise self.lines.error((), f"a report is expected, with {', '.join(REQUIRED)}")
        declared = present_keys(self.lines.content, self.lines.shown)
        for key in declared:
            if key not in (*REQUIRED, *OPTIONAL):
                raise self.lines.error((key,), f"unknown key{nearest(key, REQUIRED + OPTIONAL)}")
        for key in REQUIRED:
            if declared.get(key) is None:
                raise self.lines.error((), f"{key} is missing")
        return declared

    def _source(self) -> Source:
        name = self.declared["source"]
        if name not in self.catalogue.primary:
            hint = nearest(str(name), self.catalogue.primary)
            raise self.lines.error(("source",), f"{name!r} is not a source of reports{hint}")
        return self.catalogue.sources[name]

    def _measures(
        self, source: Source, dimensions: tuple[Dimension, ...], filtered: set[str]
    ) -> tuple[Measure, ...]:
        found: dict[str, Measure] = {}
        for number, item in enumerate(self._items("measures")):
            where: Where = ("measures", number)
            name, own_name, own_label = self._named(where, item, "measure")
            measure = self._measure(source, name, where)
            measure = replace(
                measure, called=own_name or measure.name, label=own_label or measure.label
            )
            present = filtered | {one.field.name for one in dimensions}
            if measure.within and not present & set(measure.within):
                raise self.lines.error(
                    where, f"{name} has a meaning only within one {measure.within[0]}: add it to "
                    "dimensions, or filter on it")  # fmt: skip
            if name in found:
                raise self.lines.error(where, f"{name} is given twice")
            found[name] = measure
        # An average is always shown with its n.
        for measure in list(found.values()):
            if measure.denominator:
                found.setdefault(measure.denominator, source.measures[measure.denominator])
        return tuple(found.values())

    def _chart(self, main: Measure) -> str:
        """The kind of chart, with the parts that it needs."""
        chart = self._choice("chart", CHARTS, "bar" if "axis" in self.declared else "line")
        declared = [key for key in PARTS if self.declared.get(key) is not None]
        needed = list(NEEDED_PARTS.get(chart, ()))
        if chart in NEEDED_PARTS and declared != needed:
            raise self.lines.error(
                ("chart",),
                f"{chart!r} needs {' and '.join(needed)}, and no other of {', '.join(PARTS)}"
                if needed
                else f"{chart!r} has none of {', '.join(PARTS)}",
            )
        if "rows" in declared and not needed:
            raise self.lines.error(("rows",), "only a heatmap or dots have rows, or a pivot")
        if chart == "area" and "axis" in declared:
            raise self.lines.error(("axis",), "an area is over time: use a bar")
        if chart == "dots" and not main.has_values:
            raise self.lines.error(
                ("chart",), f"dots show medians, and {main.name} has no single values"
            )
        if chart in STACKED and "series" in declared and main.denominator:
            raise self.lines.error(
                ("chart",), f"{main.name} is an average, which cannot be stacked: use line or bar"
            )
        if chart == "share" and (main.minus or main.quantile):
            what = "a percentile" if main.quantile else "a difference"
            raise self.lines.error(("chart",), f"{main.name} is {what}, which has no share")
        return chart

    def _sort(self, members: Dimension | None) -> str:
        """Which members of the chart come first."""
        if "sort" in self.declared and not members:
            raise self.lines.error(("sort",), f"a chart without {_listed_parts()} has no members")
        return self._choice("sort", SORTS, "") if "sort" in self.declared else ""

    def _limit(self, members: Dimension | None) -> int | None:
        """The number of members that the chart shows one by one; the others are one together."""
        limit = self.declared.get("limit")
        if limit is None:
            return None
        if not members:
            raise self.lines.error(("limit",), f"a chart without {_listed_parts()} has no members")
        is_number = isinstance(limit, int) and not isinstance(limit, bool)
        if not is_number or not 1 <= limit <= MOST_MEMBERS:
            raise self.lines.error(
                ("limit",), f"a number from 1 to {MOST_MEMBERS} is expected, not {limit!r}"
            )
        return int(limit)

    def _left_out(self, series: Dimension | None) -> tuple[str, str] | None:
        """Column and value of the members of the series that a chart of shares leaves out."""
        if "left_out" not in self.declared:
            return None
        declared = self.declared["left_out"]
        if self.declared.get("chart") != "share" or not series or not series.field.is_key:
            raise self.lines.error(
                ("left_out",), "only a share of a series of keys leaves out members"
            )
        columns = self.catalogue.source_of_key(series.field.name).columns
        if not isinstance(declared, Mapping) or len(declared) != 1:
            raise self.lines.error(("left_out",), "one column and its value are expected")
        ((column, value),) = declared.items()
        if not isinstance(value, str):
            raise self.lines.error(("left_out", column), f"a text is expected, not {value!r}")
        if column not in columns:
            hint = nearest(str(column), columns)
            raise self.lines.error(("left_out", column), f"{column!r} is not a column{hint}")
        return column, value

    def _histogram(
        self, main: Measure, dimensions: tuple[Dimension, ...]
    ) -> tuple[Dimension, Dimension] | None:
        """The dimension of scores, and that of their surveys, which have the scale."""
        if "histogram" not in self.declared:
            return None
        declared = self.declared["histogram"]
        if not isinstance(declared, Mapping) or set(declared) != {"values", "scale"}:
            raise self.lines.error(("histogram",), "{values: score, scale: survey} is expected")
        if not main.denominator or main.quantile:
            raise self.lines.error(
                ("histogram",), f"{main.name} is no average of scores, which the histogram counts"
            )
        names = {one.called: one for one in dimensions if not one.field.bridge}
        for key, name in declared.items():
            if not isinstance(name, str) or name not in names:
                hint = nearest(str(name), names)
                raise self.lines.error(
                    ("histogram", key), f"{name!r} is not one of the dimensions{hint}"
                )
        scale = names[declared["scale"]]
        if not scale.field.is_key or not {"scale_min", "scale_max"} <= set(
            self.catalogue.source_of_key(scale.field.name).columns
        ):
            raise self.lines.error(("histogram", "scale"), "only a survey has a scale")
        return names[declared["values"]], scale

    def _alongside(self, other: Dimension | None) -> tuple[tuple[str, str], ...]:
        """Ids of the other reports in the chart, and labels of the difference from them.

        Whether there are such reports is known once all files are read.
        """
        if "alongside" not in self.declared:
            return ()
        if other:
            raise self.lines.error(
                ("alongside",), "a chart with an axis, a series or rows has no other reports"
            )
        found = []
        for number, item in enumerate(self._items("alongside")):
            where: Where = ("alongside", number)
            named = item if isinstance(item, Mapping) else {"report": item}
            if not {"report"} <= set(named) <= {"report", "difference"}:
                raise self.lines.error(where, "{report: R6, difference: Net change} is expected")
            for key, text in named.items():
                if not isinstance(text, str) or (key == "report" and not SLUG.fullmatch(text)):
                    raise self.lines.error(where, f"{text!r} is not a valid {key}")
                self._reject_template(where, text)
            found.append((named["report"], named.get("difference", "")))
        return tuple(found)

    def _stack(self, measures: tuple[Measure, ...], other: Dimension | None) -> tuple[str, ...]:
        """The names of the counts that the chart stacks."""
        if "stack" not in self.declared:
            return ()
        if other:
            raise self.lines.error(("stack",), "a chart has a stack, an axis or a series, not two")
        counts = [one.called for one in measures if one.format == "count" and not one.denominator]
        found = self._items("stack")
        for number, name in enumerate(found):
            if name not in counts:
                raise self.lines.error(
                    ("stack", number),
                    f"{name!r} is not a count among its measures{nearest(str(name), counts)}",
                )
        if len(set(found)) < max(2, len(found)):
            raise self.lines.error(("stack",), "two or more measures are expected, each once")
        return tuple(found)

    def _measure(self, source: Source, name: Any, where: Where) -> Measure:
        measure = source.measures.get(name) if isinstance(name, str) else None
        if measure is None:
            raise self.lines.error(where, self._no_measure(source, str(name)))
        if measure.base_metric:
            return self._percentile(measure, source.measures[measure.base_metric], where)
        return measure

    def _percentile(self, measure: Measure, base: Measure, where: Where) -> Measure:
        """A median or percentile, from the single values of its average."""
        if not base.has_values:
            raise self.lines.error(
                where, f"{measure.name} has no single values in a report; use {base.name}"
            )
        return replace(
            measure, sum=base.sum, denominator=base.denominator, has_values=True,
            within=base.within, requires=base.requires, quantile=measure.percentile,
        )  # fmt: skip

    def _named(self, where: Where, item: Any, kind: str) -> tuple[Any, str, str]:
        """A measure or field with the report's own name and label: `name`, or
        {measure: name, name: ..., label: ...}."""
        if not isinstance(item, Mapping):
            return item, "", ""
        for key in item:
            if key not in (kind, "name", "label"):
                hint = nearest(str(key), (kind, "name", "label"))
                raise self.lines.error((*where, key), f"unknown key{hint}")
        for key, value in item.items():
            if not isinstance(value, str) or (key == "name" and not SLUG.fullmatch(value)):
                raise self.lines.error((*where, key), f"{value!r} is not a valid {key}")
            self._reject_template((*where, key), value)
        return item.get(kind), item.get("name", ""), item.get("label", "")

    def _columns(self, source: Source, dimensions: tuple[Dimension, ...]) -> dict[str, str]:
        """The columns of the mart by measure; each measure is a sum."""
        declared = self.declared.get("columns", {})
        if not isinstance(declared, Mapping):
            raise self.lines.error(("columns",), "a mapping of measures to columns is expected")
        taken = {"report_date", *FILTER_COLUMNS, *(one.column for one in dimensions)}
        for name, column in declared.items():
            where: Where = ("columns", name)
            if self._measure(source, name, where).sum != name:
                raise self.lines.error(
                    where, f"{name} is calculated from other measures; list those"
                )
            if not isinstance(column, str) or not NAME.fullmatch(column) or column in taken:
                raise self.lines.error(where, f"{column!r} is not a column name, or is taken")
            taken.add(column)
        return dict(declared)

    def _breakdowns(self, source: Source, dimensions: list[Dimension]) -> dict[str, str] | None:
        """Names and own labels of the tables on the page: some of the dimensions and filters."""
        if "breakdowns" not in self.declared:
            return None
        home = self.catalogue.sources["tickets"] if source.filters == "ticket" else source
        known = [one.name for one in dimensions]
        known += [name for column, name in FILTER_NAMES.items() if column in home.columns]
        found = {}
        for number, item in enumerate(self._items("breakdowns", optional=True)):
            where: Where = ("breakdowns", number)
            shown, name, label = self._named(where, item, "breakdown")
            if shown not in known or name:
                hint = nearest(str(shown), known)
                raise self.lines.error(where, f"{shown!r} is not a dimension or filter{hint}")
            found[shown] = label
        return found

    def _requires(self) -> tuple[str, ...] | None:
        if "requires" not in self.declared:
            return None
        tables = self._items("requires", optional=True)
        for number, table in enumerate(tables):
            if table not in contract_tables():
                hint = nearest(str(table), contract_tables())
                raise self.lines.error(
                    ("requires", number), f"{table!r} is not a table of the file contract{hint}"
                )
        return tuple(tables)

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
        for number, item in enumerate(self._items("dimensions", optional=True)):
            where: Where = ("dimensions", number)
            name, own_name, own_label = self._named(where, item, "field")
            place = self._place(source, joins, name, where)
            field = place.field
            if field.is_detail:
                raise self.lines.error(
                    where, f"{name} identifies single rows: use it in filters, not as a dimension"
                )
            if field.is_date:
                raise self.lines.error(
                    where, f"{name} is a date: use it as the report's date or in filters"
                )
            column = own_name + KEY_SUFFIX * field.is_key if own_name else column_of(place, source)
            if column in found:
                raise self.lines.error(where, f"{name} is already in the report")
            found[column] = Dimension(place, column, own_name, own_label)
        return tuple(found.values())

    def _place(self, source: Source, joins: tuple[Join, ...], name: Any, where: Where) -> Place:
        """The field of a name: `field`, or `source.field`."""
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
        return f"{wanted!r} is not a source of this report{nearest(wanted, reachable)}"

    def _no_field(self, source: Source, name: str, reachable: Iterable[str]) -> str:
        field = name.rpartition(".")[2]
        known = [one for at in reachable for one in self.catalogue.sources[at].fields]
        elsewhere = [one.name for one in self.catalogue.sources.values() if field in one.fields]
        if field in source.measures:
            return f"{name} is a measure, not a field{nearest(field, known)}"
        if "." not in name and elsewhere and field not in known:
            return f"{source.name} has no field {name!r}, {elsewhere[0]} has: add it to join"
        hint = nearest(field, known)
        if not own_fields() and not near(field, known):
            hint += self.hint_of_own_fields
        return f"{', '.join(reachable)} have no field {name!r}{hint}"

    def _one_of(self, key: str, dimensions: tuple[Dimension, ...]) -> Dimension | None:
        name = self.declared.get(key)
        if name is None:
            return None
        names = {f"{one.place.source.name}.{one.field.name}": one for one in dimensions}
        names |= {one.field.name: one for one in reversed(dimensions)}
        names |= {one.own_name: one for one in dimensions if one.own_name}
        if not isinstance(name, str) or name not in names:
            hint = nearest(str(name), names) if names else ": there are none"
            raise self.lines.error((key,), f"{name!r} is not one of the dimensions{hint}")
        if names[name].field.bridge:
            raise self.lines.error(
                (key,), f"{name} has several values, and a ticket would count once for each in the "
                f"chart: delete the line `{key}: {name}`; the report's page has a table by {name}"
            )  # fmt: skip
        return names[name]

    def _date(self, source: Source, measures: tuple[Measure, ...]) -> Field:
        default = measures[0].date or source.date
        name = self.declared.get("date", default)
        if name == OWN_DATES:
            return source.fields[default]
        dates = {one.name: one for one in source.fields.values() if one.is_date}
        if not isinstance(name, str) or name not in dates:
            hint = nearest(str(name), dates)
            raise self.lines.error(("date",), f"{name!r} is not a date of {source.name}{hint}")
        return dates[name]

    def _grain(self) -> str:
        grain = self.declared.get("grain", "week")
        if grain in ("hour", "weekday"):
            raise self.lines.error(
                ("grain",), f"{grain} is a dimension, not a grain: see `helpdesk fields {grain}`"
            )
        return self._choice("grain", GRAINS, "week")

    def _page(self) -> str:
        page = self._slug("page", self.declared["page"])
        if page == NO_PAGE:
            return ""
        if page in TAKEN_PAGES or page != page.lower():
            raise self.lines.error(("page",), f"{page!r} is not a page for reports")
        return page

    def _slug(self, key: str, value: Any) -> str:
        if not isinstance(value, str) or not SLUG.fullmatch(value):
            raise self.lines.error(
                (key,), f"{value!r} is not a letter and then letters, digits or _, 50 at most"
            )
        return value

    def _text(self, key: str, longest: int, default: str = "") -> str:
        value = self.declared.get(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self.lines.error((key,), f"a text is expected, not {value!r}")
        self._reject_template((key,), value)
        if len(value) > longest:
            raise self.lines.error((key,), f"is longer than {longest} characters")
        return " ".join(value.split())

    def _reject_template(self, where: Where, value: str) -> None:
        if TEMPLATE.search(value):
            raise self.lines.error(where, "{{, {% and {# start a dbt template; remove them")

    def _choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value: str = self.declared.get(key, default)
        if value not in choices:
            raise self.lines.error((key,), f"{value!r} is not one of {', '.join(choices)}")
        return value

    def _items(self, key: str, optional: bool = False) -> list[Any]:
        items = self.declared.get(key, [] if optional else None)
        if not isinstance(items, list) or (not items and not optional):
            raise self.lines.error((key,), "a list is expected, such as [a, b]")
        return items


def _listed_parts() -> str:
    return f"{', '.join(PARTS[:-1])} or {PARTS[-1]}"


def column_of(place: Place, source: Source) -> str:
    """The column of a field. A report filter has the same column in every report."""
    field = place.field
    at_home = place.source.name == ("tickets" if source.filters == "ticket" else source.name)
    if at_home and field.is_key and field.sql in FILTER_COLUMNS:
        return field.sql
    name = f"{field.name}{KEY_SUFFIX}" if field.is_key else field.name
    taken = place.join and (field.name in source.fields or name in FILTER_COLUMNS)
    return f"{place.source.name}_{name}" if taken else name


def default_definition(measures: tuple[Measure, ...], date: Field) -> str:
    """A definition from the catalogue's descriptions of the measures and the date."""
    declared = " ".join(f"{one.label}: {one.description}" for one in measures)
    return f"{declared} Date: {date.description}"
