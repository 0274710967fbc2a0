"""Reads a report from the parameters of an address, with every name and value checked.

The checks are those of a saved report's file: an address can request what a file can declare, and
is rejected with the same messages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from helpdesk.reports.catalogue import TICKETS, Catalogue, Field, Source
from helpdesk.reports.checks import nearest
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.reports.errors import ReportError
from helpdesk.reports.lines import Lines, Place
from helpdesk.reports.report import Dimension, SavedReport
from helpdesk.reports.saved import GRAINS, Reading

DATE = "date"
SINGLE = ("report", "source", "date", "grain", "since", "until", "sort", "limit", "offset",
          "search")  # fmt: skip
SEVERAL = ("measure", "by", "join")
MOST_PARAMETERS = 100
LONGEST_VALUE = 500
MOST_BY = 4
MOST_MEASURES = 20
LARGEST_OFFSET = 10_000_000
# Keys of a report's file that an address does not need.
OF_PAGES = ("columns", "breakdowns", "axis", "series", "rows", "sort", "limit", "left_out",
            "stack", "histogram", "alongside", "chart", "id", "question", "definition",
            "recency_note", "page", "title")  # fmt: skip
BOOLEANS = {"true": True, "false": False}
# The filters that a reader can add to a report on its page: `priority.is=high`.
ADDED = ("is", "is_not")
# The value of rows without one: the empty text, and of a key its unknown member.
MISSING, UNKNOWN = "", "unknown"


@dataclass(frozen=True)
class Window:
    """The requested dates, both included; an open end is None."""

    since: date | None
    until: date | None


@dataclass(frozen=True)
class ReportQuery:
    """A requested report, its dimensions, and the rows of the answer to return.

    `sort` is a column, with a `-` before it for descending order.
    """

    report: SavedReport
    by: tuple[str, ...]
    window: Window
    sort: str
    limit: int
    offset: int
    search: str


class QueryLines(Lines):
    """The content of an address in place of the lines of a file."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.shown = "the query"
        self.content = dict(content)

    def error(self, place: Place, complaint: str) -> ReportError:
        path = ".".join(str(part) for part in place if isinstance(part, str))
        return ReportError(f"{path or 'the query'}: {complaint}")


class _Reading(Reading):
    """The checks of a file, applied to an address."""

    # A server knows the fields of the build that it serves.
    hint_of_own_fields = ""

    def __init__(
        self, declared: Mapping[str, Any], catalogue: Catalogue, name: str = "query"
    ) -> None:
        self.name = name
        self.catalogue = catalogue
        self.lines = QueryLines(declared)
        self.file = self.lines.shown
        self.declared = self._declared()


@dataclass(frozen=True)
class Limits:
    """The number of rows of an answer: by default, and at most."""

    usual: int
    most: int


def read_query(
    parameters: Sequence[tuple[str, str]],
    catalogue: Catalogue,
    reports: Mapping[str, Path],
    limits: Limits,
) -> ReportQuery:
    """The report that the parameters of an address request. `reports`: files by name and id.

    Raises ReportError where anything in it is invalid.
    """
    single, several, filters = _sorted_out(parameters)
    declared = _of_file(single["report"], reports) if "report" in single else {}
    if "report" in single and "source" in single:
        raise ReportError("source: a report has its own source; give either report or source")
    if "source" in single:
        declared["source"] = single["source"]
    if declared.get("source") not in catalogue.primary:
        hint = nearest(str(declared.get("source", "")), catalogue.primary)
        raise ReportError(
            f"source: {declared.get('source', '')!r} is not a source of reports{hint}"
        )
    source = catalogue.sources[declared["source"]]
    for key in ("date", "grain"):
        if key in single:
            declared[key] = single[key]
    if "measure" in several:
        declared["measures"] = several["measure"]
    declared.setdefault("measures", [])
    if not 0 < len(declared["measures"]) <= MOST_MEASURES:
        raise ReportError(f"measure: one to {MOST_MEASURES} measures are expected")
    declared["join"] = [*declared.get("join", []), *several.get("join", [])]
    by = _by(several.get("by", []), declared, source, catalogue)
    declared["filters"] = [
        *declared.get("filters", []),
        *(one for (name, kind), values in filters.items()
          for one in _filter(name, kind, values, source, catalogue, declared)),
    ]  # fmt: skip
    report = _Reading({**declared, "title": "Query", "page": "none"}, catalogue).report()
    return ReportQuery(
        report,
        _called(by, report),
        Window(_day("since", single), _day("until", single)),
        single.get("sort", ""),
        number_of("limit", single, limits),
        number_of("offset", single),
        single.get("search", ""),
    )


def declared_report(
    declared: Mapping[str, Any], catalogue: Catalogue
) -> tuple[dict[str, Any], SavedReport]:
    """The declaration with values of the fields' types, as in a file, and its report.

    JSON has no dates: those of a file are texts in it. Raises ReportError.
    """
    found = {"title": "Report", "page": "none", **declared}
    source = catalogue.sources.get(str(found.get("source")))
    if source and isinstance(found.get("filters"), list):
        found["filters"] = [_dated(one, source, catalogue, found) for one in found["filters"]]
    return found, _Reading(found, catalogue).report()


def narrowed(
    declared: Mapping[str, Any],
    name: str,
    choices: Iterable[tuple[str, str]],
    catalogue: Catalogue,
) -> SavedReport:
    """The report of a declaration with the filters that a reader adds.

    A choice is `priority.is` or `priority.is_not`, and a value. The filters of fields that the
    report does not have are left out. Raises ReportError.
    """
    source = _Reading(declared, catalogue, name).report().source
    known = catalogue.dimensions(source)
    found = {"join": [], **declared}
    found["filters"] = [*found.get("filters", [])]
    several: dict[tuple[str, str], list[str]] = {}
    for choice, value in choices:
        field, _, comparison = choice.rpartition(".")
        if field in known:
            several.setdefault((field, comparison), []).append(value)
    for (field, comparison), values in several.items():
        found["filters"] += _filter(field, comparison, values, source, catalogue, found)
    return _Reading(found, catalogue, name).report()


def is_added(choice: str) -> bool:
    """Whether a choice of a reader is a filter that was added."""
    return choice.rpartition(".")[2] in ADDED


def _dated(item: Any, source: Source, catalogue: Catalogue, declared: Mapping[str, Any]) -> Any:
    """A filter whose texts are dates where its field is one; other values stay, to be checked."""
    if not isinstance(item, Mapping):
        return item
    if isinstance(item.get("any"), list):
        return {**item, "any": [_dated(one, source, catalogue, declared) for one in item["any"]]}
    field = _field(str(item.get("field")), source, catalogue, {"join": [], **declared})
    if not field or field.type != "date":
        return dict(item)
    return {
        key: [_typed(field, one) for one in value] if isinstance(value, list)
        else _typed(field, value) if key in COMPARISONS and isinstance(value, str)
        else value
        for key, value in item.items()
    }  # fmt: skip


def _sorted_out(
    parameters: Sequence[tuple[str, str]],
) -> tuple[dict[str, str], dict[str, list[str]], dict[tuple[str, str], list[str]]]:
    """The parameters that are given once, those given several times, and the filters."""
    single: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    filters: dict[tuple[str, str], list[str]] = {}
    for name, value in within_bounds(parameters):
        field, _, comparison = name.rpartition(".")
        if name in SEVERAL:
            several.setdefault(name, []).append(value)
        elif name in SINGLE:
            if name in single:
                raise ReportError(f"{name}: is given twice")
            single[name] = value
        elif field and comparison in COMPARISONS:
            filters.setdefault((field, comparison), []).append(value)
        else:
            hint = nearest(name[:50], (*SINGLE, *SEVERAL))
            raise ReportError(
                f"{name[:50]!r}: no such parameter{hint}; a filter is FIELD.COMPARISON=VALUE, "
                f"such as priority.is=high, with {', '.join(COMPARISONS)}"
            )
    return single, several, filters


def within_bounds(parameters: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    """The parameters of an address. Raises ReportError for too many, and for too long a value."""
    if len(parameters) > MOST_PARAMETERS:
        raise ReportError(f"the query: at most {MOST_PARAMETERS} parameters are allowed")
    for name, value in parameters:
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise ReportError(
                f"{name[:50]}: a text of at most {LONGEST_VALUE} characters is expected"
            )
    return parameters


def _of_file(name: str, reports: Mapping[str, Path]) -> dict[str, Any]:
    """The keys of a saved or prebuilt report's file that define its figures."""
    path = reports.get(name.lower())
    if path is None:
        raise ReportError(f"report: there is no report {name!r}{nearest(name, reports)}")
    declared = Lines(path, path.name).content
    if not isinstance(declared, dict):
        raise ReportError(f"report: {path.name} does not contain a report")
    return {key: value for key, value in declared.items() if key not in OF_PAGES}


def _by(
    names: Iterable[str], declared: dict[str, Any], source: Source, catalogue: Catalogue
) -> list[str]:
    """The dimensions of the answer; adds to the report those that it lacks."""
    found = list(dict.fromkeys(names))
    if len(found) > MOST_BY:
        raise ReportError(f"by: at most {MOST_BY} dimensions are allowed")
    dimensions = list(declared.get("dimensions", []))
    known = {one if isinstance(one, str) else one.get("name", one.get("field"))
             for one in dimensions}  # fmt: skip
    for name in found:
        if name != DATE and name not in known:
            _reach(name, declared, source, catalogue)
            dimensions.append(name)
    declared["dimensions"] = dimensions
    return found


def _reach(name: str, declared: dict[str, Any], source: Source, catalogue: Catalogue) -> None:
    """Join the tickets where the field is one of theirs and the source does not have it."""
    wanted, _, field = name.rpartition(".")
    tickets = catalogue.sources[TICKETS]
    is_theirs = field in tickets.fields and wanted in ("", TICKETS)
    joined = [one if isinstance(one, str) else one.get("source") for one in declared["join"]]
    if source is tickets or not is_theirs or TICKETS in joined:
        return
    if field not in source.fields or wanted == TICKETS:
        declared["join"] = [*declared["join"], TICKETS]


def _filter(
    name: str,
    comparison: str,
    values: list[str],
    source: Source,
    catalogue: Catalogue,
    declared: dict[str, Any],
) -> list[dict[str, Any]]:
    """A filter in the form of a file, its texts converted to the field's type.

    A table shows rows without a value under the missing one, so that it can be chosen, too.
    """
    _reach(name, declared, source, catalogue)
    field = _field(name, source, catalogue, declared)
    if comparison == "filled":
        typed: list[Any] = [BOOLEANS.get(value, value) for value in values]
    else:
        typed = [_typed(field, value) for value in values if value != MISSING]
    found = [{"field": name, comparison: typed[0] if len(typed) == 1 else typed}] if typed else []
    is_missing = MISSING in values or bool(field and field.is_key and UNKNOWN in values)
    if comparison not in ADDED or not is_missing:
        return found
    found.append({"field": name, "filled": comparison == "is_not"})
    return [{"any": found}] if comparison == "is" and len(found) > 1 else found


def _field(
    name: str, source: Source, catalogue: Catalogue, declared: Mapping[str, Any]
) -> Field | None:
    """The field of a name, for its type; the checks follow later."""
    wanted, _, field = name.rpartition(".")
    joined = [str(one.get("source")) if isinstance(one, Mapping) else str(one)
              for one in declared["join"] or ()]  # fmt: skip
    for at in [wanted] if wanted else [source.name, *joined]:
        if at in catalogue.sources and field in catalogue.sources[at].fields:
            return catalogue.sources[at].fields[field]
    return None


def _typed(field: Field | None, value: str) -> Any:
    """A text as a value of the field's type; or the text, which the checks then reject."""
    kind = field.type if field else "text"
    try:
        if kind == "boolean":
            return BOOLEANS.get(value, value)
        if kind == "number":
            return float(value) if set(value) - set("0123456789-") else int(value)
        if kind == "date":
            return date.fromisoformat(value)
    except ValueError:
        return value
    return value


def _called(by: list[str], report: SavedReport) -> tuple[str, ...]:
    """The dimensions under their names in the report."""
    return tuple(name if name == DATE else dimension_of(report, name).called for name in by)


def dimension_of(report: SavedReport, name: str) -> Dimension:
    """The dimension of a report by its name, its field's, or `source.field`."""
    names: dict[str, Dimension] = {}
    for one in report.dimensions:
        for called in (f"{one.place.source.name}.{one.field.name}", one.field.name, one.called):
            names.setdefault(called, one)
    names |= {one.called: one for one in report.dimensions}
    if name not in names:
        raise ReportError(f"by: the report has no dimension {name!r}{nearest(name, names)}")
    return names[name]


def _day(key: str, single: Mapping[str, str]) -> date | None:
    if key not in single:
        return None
    try:
        return date.fromisoformat(single[key])
    except ValueError as error:
        raise ReportError(f"{key}: {single[key]!r} is not a date such as 2026-01-31") from error


def number_of(key: str, single: Mapping[str, str], limits: Limits | None = None) -> int:
    """The number of rows of a part of an answer within `limits`, or of those before it."""
    usual, least, most = (limits.usual, 1, limits.most) if limits else (0, 0, LARGEST_OFFSET)
    text = single.get(key, str(usual))
    # A number of 12 digits or more is above every limit.
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else -1
    if not least <= value <= most:
        raise ReportError(f"{key}: a number from {least} to {most} is expected, not {text!r}")
    return value


__all__ = ["DATE", "GRAINS", "Limits", "ReportQuery", "Window", "dimension_of", "read_query"]
