"""The tools that read figures: tables, the tickets behind a figure, and one ticket."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from helpdesk.mcp import arguments
from helpdesk.mcp.members import filters_in_words, values_without_rows, with_keys
from helpdesk.mcp.opened import Opened, Row, cut
from helpdesk.reports.answers import listed_columns
from helpdesk.reports.catalogue import Measure
from helpdesk.reports.errors import ReportError
from helpdesk.reports.live import LiveTable, Statement
from helpdesk.reports.query import DATE, Limits, ReportQuery, dimension_of, read_query
from helpdesk.serve.answers import named_row

# Of an explained ticket; `helpdesk explain` has all.
MOST_EVENTS = 100
MOST_INTERVALS = 20
# Of an event: the place of its row in the landing folder, which only the command has.
OF_LANDED = ("row_id", "landed_at")
EVERY = 10**9
UNITS = {
    "duration": "seconds",
    "percent": "share from 0 to 1",
    "points": "share from -1 to 1",
}
LIST = (
    "The rows that the measure counts; of an average or a share those in its denominator, of a sum "
    "those that add to it. value is that of the row, the worst rows come first. sum is that of all "
    "values."
)
LEVEL = (
    "A level and no flow: the value at the last date of each period, or at as_of. Levels of "
    "several dates must not be added up."
)


def query(opened: Opened, given: arguments.Query) -> Row:
    """The figures of a report or of measures, one row for each group."""
    asked = _asked(opened, given)
    table = opened.answers.table(opened.build, asked, opened.catalogue)
    rows = [cut(named_row(table.statement, row)) for row in table.rows]
    notes = [*table.notes, *_notes(opened, asked)]
    if asked.report.is_point_in_time:
        notes.append(LEVEL)
    return {
        **_head(opened, given, asked),
        "measures": [
            measure_in_words(one) for one in _with_percentiles(asked.report.measures, opened)
        ],
        "by": [_dimension(asked, name) for name in asked.by],
        "columns": _columns(table.statement),
        "rows": rows,
        "left_off": _left_off(opened, asked) - len(rows) if table.has_more else 0,
        "notes": notes,
        **({"total": table.total} if table.total else {}),
    }


def list_tickets(opened: Opened, given: arguments.ListTickets) -> Row:
    """The tickets behind a figure, the worst first."""
    asked = _asked(opened, given)
    found = opened.answers.tickets(opened.build, asked, opened.catalogue)
    rows = [cut(named_row(found.statement, row)) for row in found.rows]
    return {
        **_head(opened, given, asked),
        "measure": measure_in_words(asked.report.measures[0]),
        "definition": LIST,
        "columns": _columns(found.statement),
        "rows": rows,
        "total": found.total,
        "sum": found.sum,
        "without_ticket": found.without_ticket,
        "left_off": max(0, found.total - asked.offset - len(rows)),
        "notes": list(_notes(opened, asked)),
    }


def explain_ticket(opened: Opened, given: arguments.ExplainTicket) -> Row:
    """The events of a ticket, its SLA clocks and its figures, each with its reason."""
    found = opened.answers.explained(opened.build, given.ticket)
    # An empty list of landed rows: only the command reads them.
    del found["landed"], found["build_id"], found["as_of"], found["report_timezone"]
    timeline = [
        {name: value for name, value in one.items() if name not in OF_LANDED}
        for one in found["timeline"]
    ]
    for clock in found["clocks"]:
        clock["intervals_left_off"] = max(0, len(clock["intervals"]) - MOST_INTERVALS)
        clock["intervals"] = clock["intervals"][:MOST_INTERVALS]
        for interval in clock["intervals"]:
            # A line for each day of an interval.
            del interval["open_times"]
    for figure in found["figures"]:
        # The timeline has them.
        del figure["events"]
    return {
        **opened.head(),
        "definition": "Every event of the ticket, every SLA clock with the intervals in which it "
        "ran or was paused, and every figure with its rulings. Durations are seconds.",
        **found,
        "timeline": timeline[-MOST_EVENTS:],
        "earlier_events_left_off": max(0, len(timeline) - MOST_EVENTS),
    }


def measure_in_words(measure: Measure) -> Row:
    """A measure with its definition."""
    found = {
        "name": measure.name,
        "label": measure.label,
        "definition": measure.description,
        "format": measure.format,
        "unit": UNITS.get(measure.format),
        "denominator": measure.denominator,
        "median_or_percentile_of": measure.base_metric,
    }
    return {name: value for name, value in found.items() if value}


def _asked(opened: Opened, given: arguments.Counted) -> ReportQuery:
    """The checked request, with keys in place of names. Raises ReportError."""
    if not given.report and not given.source:
        raise ReportError("source: give a source with its measures, or a report")
    parameters, limits = given.parameters(), Limits(1, arguments.MOST_ROWS)
    catalogue, files = opened.catalogue, opened.definitions.files
    asked = read_query(parameters, catalogue, files, limits)
    keyed = with_keys(opened, asked.report, parameters)
    return asked if keyed == parameters else read_query(keyed, catalogue, files, limits)


def _head(opened: Opened, given: arguments.Counted, asked: ReportQuery) -> Row:
    report, window = asked.report, asked.window
    found = opened.head()
    if given.report:
        saved = opened.report(given.report)
        found["report"] = {"name": saved.name, "title": saved.title, "definition": saved.definition}
    return found | {
        "source": {"name": report.source.name, "definition": report.source.description},
        "filters": filters_in_words(opened, report),
        "period": {
            "since": window.since,
            "until": window.until,
            "date": "own: each measure counts on its own date"
            if report.has_own_dates
            else report.date.label,
            **({"grain": report.grain} if DATE in asked.by else {}),
        },
    }


def _notes(opened: Opened, asked: ReportQuery) -> Iterator[str]:
    """Why a figure may be 0 though nothing is: an unknown value, or data that has not come."""
    report = asked.report
    yield from values_without_rows(opened, report)
    needed = {*report.source.requires, *(name for one in report.measures for name in one.requires)}
    for table in opened.missing(needed):
        yield f"The data has no table {table}, which these figures need: no figure is known."


def _left_off(opened: Opened, asked: ReportQuery) -> int:
    """The number of groups after the offset."""
    every = replace(asked, sort="", limit=EVERY)
    people = opened.answers.with_people
    statement = LiveTable(every, opened.catalogue, opened.build.calendar, people).statement()
    ((found,),) = opened.answers.warehouse.run(
        opened.build, f"select count(*) from ({statement.sql})"
    )[0]
    return int(found)


def _with_percentiles(measures: Iterable[Measure], opened: Opened) -> Iterator[Measure]:
    """The measures, each average followed by its median and percentile, as in the columns."""
    for measure in measures:
        yield measure
        for one in opened.catalogue.sources[measure.source].measures.values():
            if one.base_metric == measure.name:
                yield one


def _dimension(asked: ReportQuery, name: str) -> Row:
    if name == DATE:
        field = asked.report.date
        return {"name": name, "label": field.label, "definition": field.description}
    one = dimension_of(asked.report, name)
    return {"name": name, "label": one.label, "definition": one.field.description}


def _columns(statement: Statement) -> list[dict[str, Any]]:
    return [
        one | ({"unit": UNITS[one["format"]]} if one["format"] in UNITS else {})
        for one in listed_columns(statement)
    ]
