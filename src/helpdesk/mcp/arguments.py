"""The arguments of the tools: their JSON schemas, and errors in words."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from helpdesk.reports.checks import nearest
from helpdesk.reports.conditions import COMPARISONS
from helpdesk.reports.errors import ReportError
from helpdesk.reports.query import LONGEST_VALUE, MOST_BY, MOST_MEASURES

MOST_ROWS, USUAL_ROWS = 500, 50
MOST_TICKETS, USUAL_TICKETS = 100, 20
MOST_MEMBERS, USUAL_MEMBERS = 200, 30
# More filters, or longer lists in them, are something else.
MOST_FILTERS = 20
MOST_VALUES = 50
ALSO = (("bool",), ("int",), ("float",))


def _listed(value: Any) -> Any:
    """A list: some clients send a list as a text of JSON, or one value without a list."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    return value if isinstance(value, list) else [value]


Text = Annotated[str, Field(max_length=LONGEST_VALUE)]
Texts = Annotated[list[Text], BeforeValidator(_listed)]
Value = bool | int | float | Text
Values = Annotated[list[Value], BeforeValidator(_listed), Field(max_length=MOST_VALUES)]
Day = Annotated[str, Field(max_length=10, description="A date such as 2026-01-31.")]


class Arguments(BaseModel):
    """The arguments of a tool."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def without_nulls(cls, given: Any) -> Any:
        """Some clients send null for an argument without a value."""
        if not isinstance(given, Mapping):
            return given
        return {name: one for name, one in given.items() if one is not None}


class Filter(Arguments):
    """One field and one comparison. Several filters must all be true."""

    field: Text = Field(description="A field, by its name in describe_metric.")
    is_: Values = Field(
        default_factory=list,
        alias="is",
        description="Any of these values. Of a key (owner, team, company, ...) also names.",
    )
    is_not: Values = Field(default_factory=list, description="None of these values.")
    all: Values = Field(
        default_factory=list, description="Every one of these values, of a field with several."
    )
    at_least: Value = Field("", description="Of numbers, dates and times.")
    at_most: Value = Field("", description="Of numbers, dates and times.")
    filled: bool | None = Field(None, description="Whether there is a value.")

    def parameters(self) -> list[tuple[str, str]]:
        """The filter as parameters of an address. Raises ReportError."""
        found = []
        for comparison in COMPARISONS:
            given = getattr(self, "is_" if comparison == "is" else comparison)
            for value in given if isinstance(given, list) else [given]:
                if value not in ("", None):
                    found.append((f"{self.field}.{comparison}", _text(value)))
        if not found:
            raise ReportError(
                f"filters: {self.field} needs a comparison, one of {', '.join(COMPARISONS)}"
            )
        return found


Filters = Annotated[list[Filter], BeforeValidator(_listed), Field(max_length=MOST_FILTERS)]


class ListMetrics(Arguments):
    search: Text = Field("", description="Words in a name, label or definition.")
    source: Text = Field("", description="Only this source.")


class DescribeMetric(Arguments):
    source: Text = Field(description="A source of list_metrics.")
    metric: Text = Field(description="One of its measures.")


class DescribeDimension(Arguments):
    source: Text = Field(description="A source of list_metrics.")
    field: Text = Field(description="One of its fields, or a field of the ticket.")
    search: Text = Field("", description="Part of a value, or of its name.")
    limit: int = Field(USUAL_MEMBERS, ge=1, le=MOST_MEMBERS, description="Values in the answer.")


class Nothing(Arguments):
    """No arguments."""


class OfReport(Arguments):
    report: Text = Field("", description="A report of list_reports, by name or id.")


class ExplainTicket(Arguments):
    ticket: Text = Field(
        description="SOURCE_SYSTEM:TICKET_ID, such as zendesk:123, both of them from list_tickets."
    )


class Counted(Arguments):
    """What is counted: a report, or measures of a source."""

    report: Text = Field("", description="A report of list_reports, in place of source.")
    source: Text = Field("", description="A source of list_metrics, in place of report.")
    filters: Filters = Field(default_factory=list, description="All of them must be true.")
    since: Day = ""
    until: Day = ""
    date: Text = Field(
        "", description="The date field that places a row in the period; own: that of each measure."
    )
    join: Texts = Field(
        default_factory=list,
        description="Further sources whose fields are used. A ticket's fields need none.",
    )
    sort: Text = Field("", description="A column of the answer; - before it for falling order.")
    offset: int = Field(0, ge=0, le=10_000_000, description="Rows to pass over.")

    def parameters(self) -> list[tuple[str, str]]:
        """The arguments as parameters of an address, which have the same checks."""
        found = []
        for name, value in self:
            if name == "filters":
                continue
            called = {"measures": "measure"}.get(name, name)
            for one in value if isinstance(value, list) else [value]:
                # An empty text is what some clients send for no argument.
                if one != "":
                    found.append((called, _text(one)))
        return [*found, *(one for item in self.filters for one in item.parameters())]


class Query(Counted):
    measures: Annotated[Texts, Field(max_length=MOST_MEASURES)] = Field(
        default_factory=list,
        description="Measures of the source; of a report, in place of its own.",
    )
    by: Annotated[Texts, Field(max_length=MOST_BY)] = Field(
        default_factory=list, description=f"Fields, or date: one row each. At most {MOST_BY}."
    )
    grain: Literal["", "day", "week", "month", "quarter", "year"] = Field(
        "", description="Of by=date."
    )
    limit: int = Field(USUAL_ROWS, ge=1, le=MOST_ROWS, description="Rows in the answer.")


class ListTickets(Counted):
    measure: Text = Field("", description="A measure of the source; of a report, its first one.")
    search: Text = Field("", description="Part of a ticket's id.")
    limit: int = Field(USUAL_TICKETS, ge=1, le=MOST_TICKETS, description="Rows in the answer.")


T = TypeVar("T", bound=Arguments)


def read(kind: type[T], given: Mapping[str, Any]) -> T:
    """The arguments of a call. Raises ReportError, which names each wrong one."""
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = [
            _complaint(kind, one["loc"], one)
            for one in error.errors(include_url=False, include_context=False)
            # Of a value of several types the complaint about a text is enough.
            if one["loc"][-1:] not in ALSO
        ]
        raise ReportError("; ".join(found[:5])) from None


def _complaint(kind: type[Arguments], place: tuple[int | str, ...], error: Any) -> str:
    # Only the names of arguments: a place has numbers of lists and types of unions, too.
    path = [str(one) for one in place if isinstance(one, str) and one.isidentifier()]
    name, known = path[-1] if path else "arguments", _names(Filter if len(path) > 1 else kind)
    if error["type"] == "extra_forbidden":
        return f"{name[:60]}: there is no such argument{nearest(name[:60], known)}"
    if error["type"] == "missing":
        return f"{name}: is missing"
    return f"{'.'.join(dict.fromkeys(path)) or name}: {error['msg']}, not {_shown(error['input'])}"


def _names(kind: type[Arguments]) -> list[str]:
    return [one.alias or name for name, one in kind.model_fields.items()]


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
