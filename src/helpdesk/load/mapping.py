"""Guesses a mapping of a help desk's exports to the file contract, and writes it as SQL.

The guess is based on the headings. It uses the values to find the format of times, the values of a
status, and the table whose ids a column has. A line with TODO marks anything that it cannot guess.
The user edits the SQL, and `run_mapping` runs it on the exports.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from helpdesk.contract.tables import contract_tables
from helpdesk.core import sql
from helpdesk.core.errors import MappingError
from helpdesk.core.settings import Settings
from helpdesk.load.exports import Export, opened_exports
from helpdesk.load.synonyms import find_columns, plain_heading, state_of, synonyms
from helpdesk.load.texts import plain_name

# Formats of times without an offset. If two formats fit all values, the first counts.
TIMES = (
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M",
    "%d/%b/%y %I:%M %p", "%d/%b/%Y %I:%M %p", "%d/%b/%y %H:%M", "%d/%b/%Y %H:%M",
    "%d-%b-%y %H:%M", "%d-%b-%Y %H:%M", "%d-%b-%Y %H:%M:%S", "%d %b %Y %H:%M", "%d %b %Y %I:%M %p",
    "%b %d, %Y %I:%M %p", "%b %d, %Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%y %H:%M", "%m/%d/%Y %I:%M %p",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%y %I:%M %p", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M",
    "%d/%m/%y %H:%M", "%d/%m/%Y %I:%M %p", "%d/%m/%Y %I:%M:%S %p", "%d/%m/%y %I:%M %p",
    "%d-%m-%Y %H:%M:%S", "%d-%m-%Y %H:%M", "%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y",
)  # fmt: skip
OFFSET = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)? ?([Zz]|UTC|GMT|[+-]\d\d(:?\d\d)?)"
# A comment of Jira: time; author; text.
COMMENT = r"(?s)[^;]{8,25};[^;]*;.*"
# A column with more values is not a status.
MOST_STATUSES = 60
HEAD = """\
-- {source} -> the file contract, as guessed by `helpdesk init --from`. Edit it, the lines with
-- TODO first. `helpdesk map {project} --from {source}` runs it. Each table of schema `landing`
-- becomes a file of {project}/landing.
-- exports."<file>" has the values of an export as text, with null for empty ones. A repeated
-- column is one column with a JSON list.
-- A heading that no line below uses: rename it in the export to a known one, such as Ticket ID,
-- Created at, Status, Agent, Company, Contact, First response at or Closed at, delete this file and
-- run `helpdesk init --from` again. The guess then has the tables that depend on it, too.

{zone}
create or replace macro local_time(value, format) as coalesce(
    strftime(
        try_strptime(value, format) at time zone getvariable('zone') at time zone 'UTC',
        '%Y-%m-%dT%H:%M:%SZ'
    ),
    value
);
create or replace macro instant(value) as coalesce(
    strftime(try_cast(value as timestamptz) at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ'),
    value
);
-- The values that exports write if there is no person.
create or replace macro someone(value) as case
    when lower(value) not in (
        '-', 'no agent', 'no group', 'no company', 'unassigned', 'not assigned', 'none', 'n/a'
    ) then value
end;
"""
VALUES_OF = """\
create or replace macro values_of(value) as case
    when json_valid(value) and value like '[%' then from_json(value, '["varchar"]')
    else [value]
end;
"""


@dataclass
class Mapping:
    """The SQL of a mapping, and the lines that the user has to check."""

    sql: str = ""
    todo: list[str] = field(default_factory=list)
    feeds: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """Exports with the same columns as one relation, and the columns found by their headings."""

    table: str
    exports: tuple[Export, ...]
    found: dict[str, str]

    @property
    def relation(self) -> str:
        return f"{self.table}_export"

    @property
    def view(self) -> str:
        selects = "\nunion all by name\n".join(f"select * from {e.relation}" for e in self.exports)
        return f"create or replace temp view {self.relation} as\n{selects};\n"


def write_mapping(folder: Path, project: str, source: str, settings: Settings) -> Mapping:
    """Guess the mapping of a folder of exports. Raises LandingError and MappingError."""
    with opened_exports(folder, settings) as (connection, exports):
        return Guess(connection, exports).mapping(project, source)


def run_mapping(mapping: Path, folder: Path, landing: Path, settings: Settings) -> list[str]:
    """Run a mapping on the exports, and write a Parquet file per table.

    Returns lines with the numbers of rows, and lines to check. Raises MappingError, and
    LandingError if an export cannot be read.
    """
    with opened_exports(folder, settings) as (connection, exports):
        connection.execute("create schema landing")
        for path in sorted(mapping.glob("*.sql")):
            try:
                connection.execute(path.read_text(encoding="utf-8"))
            except duckdb.Error as error:
                names = ", ".join(export.name for export in exports)
                raise MappingError(
                    f"{path}: {' '.join(str(error).partition('LINE')[0].split())}; the exports are "
                    f"{names}."
                ) from error
        rows = sql.table_rows(connection, "landing")
        unknown = {name for _, name in rows} - contract_tables().keys()
        if unknown or not rows:
            raise MappingError(
                f"{mapping}: creates "
                f"{'table ' + ', '.join(sorted(unknown)) if unknown else 'no table'} in schema "
                "landing; `helpdesk contract` prints the tables of the contract."
            )
        landing.mkdir(parents=True, exist_ok=True)
        for _, name in rows:
            hidden = landing / f".{name}.parquet"
            connection.execute(
                f"copy landing.{sql.name(name)} to {sql.text(hidden)} (format parquet)"
            )
            hidden.replace(landing / f"{name}.parquet")
        written = [
            f"{landing / name}.parquet: {count:,} rows" for (_, name), count in sorted(rows.items())
        ]
        return [*written, *_unmapped(connection, {name for _, name in rows}), *_unread(exports)]


def _unmapped(connection: duckdb.DuckDBPyConnection, tables: set[str]) -> list[str]:
    """The statuses of tickets that are missing in the mapping."""
    if not {"tickets", "statuses"} <= tables:
        return []
    found = connection.execute(
        """select status_id, count(*) from landing.tickets
        where status_id not in (select status_id from landing.statuses) group by all order by all"""
    ).fetchall()
    return [
        f"TODO statuses: {status!r}, of {count:,} tickets, has no state; add it to the mapping"
        for status, count in found
    ]


def _unread(exports: Sequence[Export]) -> list[str]:
    return [
        f"TODO {export.name}: {export.unreadable:,} lines cannot be read and were left out"
        for export in exports
        if export.unreadable
    ]


class Guess:
    """Guesses the tables of the exports in a folder, and the SQL of the mapping."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, exports: Sequence[Export]) -> None:
        self._connection = connection
        self._exports = exports
        self._todo: list[str] = []
        self._has_local_times = False

    def mapping(self, project: str, source: str) -> Mapping:
        sources, unused = self._sources()
        if "tickets" not in sources:
            likely = self._likely_tickets(unused)
            unused.remove(likely)
            found = find_columns("tickets", likely.columns)
            sources["tickets"] = Source("tickets", (likely,), found)
        for each in sources.values():
            if each.table[:1] != "=":
                self._connection.execute(each.view)
        tickets = self._with_times(sources["tickets"])
        # The statements come first: they determine whether a time zone is needed.
        parts = [tickets.view, self._tickets(tickets), self._statuses(tickets)]
        for table in ("agents", "teams", "companies", "contacts"):
            parts.append(self._people(table, tickets, sources.get(table)))
        parts.append(self._events(tickets, sources.get("messages")))
        parts += [self._as_declared(each) for name, each in sources.items() if name[:1] == "="]
        for export in unused:
            self._note(f"{export.name}: feeds no table yet")
        for line in _unread(self._exports):
            self._note(line.removeprefix("TODO "))
        zone = "set variable zone = 'UTC';"
        if self._has_local_times:
            zone += "  -- TODO the zone of times without an offset, such as Europe/Berlin"
            self._todo.insert(0, "zone: times have no offset; UTC is a guess")
        listed = "".join(f"-- TODO {each}\n" for each in self._todo)
        head = HEAD.replace("{zone}", f"{zone}\n")
        head = head.replace("{source}", source).replace("{project}", project)
        return Mapping(
            "\n".join([head, listed, *filter(None, parts)]),
            self._todo,
            [
                f"{', '.join(export.name for export in each.exports)} feeds {each.table.strip('=')}"
                for each in sources.values()
            ],
        )

    def _likely_tickets(self, exports: Sequence[Export]) -> Export:
        """The largest export with ids and times, whatever their headings. Raises MappingError."""
        for export in sorted(exports, key=lambda each: -each.rows):
            times = [name for name in export.columns if self._is_all_times(export, name)]
            if times and self._ids(export.relation, export.columns, times):
                self._note(
                    f"tickets: no heading of {export.name} is known as id or creation time; these "
                    "are guesses. Or rename headings, such as Ticket ID and Created at, and run "
                    "`helpdesk init --from` again"
                )
                return export
        raise MappingError(
            "no export looks like tickets: one of them needs a column of ids and a column of "
            "creation times, such as Ticket ID and Created at; rename their headings to these. "
            "Found: "
            + "; ".join(f"{each.name} ({len(each.columns)} columns)" for each in self._exports)
        )

    def _is_all_times(self, export: Export, column: str) -> bool:
        filled, offsets, read = self._counts(export.relation, column)
        return filled == export.rows == max(offsets, *read) > 0

    def _ids(self, relation: str, columns: Sequence[str], used: Sequence[str]) -> list[str]:
        """The columns with a different value in each row."""
        return [
            name
            for name in dict.fromkeys(columns)
            if name not in used
            and sql.number(
                self._connection,
                f"select (count(*) > 1 and count(distinct {sql.name(name)}) = count(*))::int "
                f"from {relation}",
            )
        ]

    def _note(self, words: str) -> None:
        if words not in self._todo:
            self._todo.append(words)

    # The tables of the files

    def _sources(self) -> tuple[dict[str, Source], list[Export]]:
        by_table: dict[str, list[Export]] = {}
        for export in self._exports:
            by_table.setdefault(self._table_of(export), []).append(export)
        unused = by_table.pop("", [])
        sources = {}
        for table, exports in by_table.items():
            names = tuple(dict.fromkeys(name for export in exports for name in export.columns))
            found = {} if table[:1] == "=" else find_columns(table, names)
            sources[table] = Source(table, tuple(exports), found)
        return sources, unused

    def _table_of(self, export: Export) -> str:
        """The table that an export feeds, with the prefix `=` if it has the contract's columns."""
        plain = {plain_name(name) for name in export.columns}
        words = set(re.findall(r"[a-z]+", export.name.lower()))
        own = [
            table.name
            for table in contract_tables().values()
            if len(table.required_names) > 1 and plain >= {*table.required_names}
        ]
        if own and own[0] != "tickets":
            return f"={own[0]}"
        named = [
            table
            for table, declared in synonyms().items()
            if table != "states" and words & {*declared["files"]}
        ]
        ticket = find_columns("tickets", export.columns)
        message = find_columns("messages", export.columns)
        is_message = {"ticket_id", "sent_at"} <= message.keys() and (
            {"direction", "author_type", "is_private", "is_public"} & message.keys()
        )
        if is_message and ("messages" in named or "status" not in ticket):
            return "messages"
        people = [table for table in named if table not in ("tickets", "messages")]
        if people and find_columns(people[0], export.columns) and "tickets" not in named:
            return people[0]
        marks = {"ticket_id", "created_at", "status", "subject", "priority"} & ticket.keys()
        return "tickets" if len(marks) > (1 if "tickets" in named else 2) else ""

    # Times

    def _counts(self, relation: str, column: str) -> tuple[int, int, list[int]]:
        """The number of values of a column, of times with an offset, and of times per format."""
        name = sql.name(column)
        counts = ", ".join(f"count(try_strptime({name}, {sql.text(form)}))" for form in TIMES)
        filled, offsets, *read = self._connection.execute(
            f"""select count({name}),
                count(*) filter (regexp_full_match({name}, {sql.text(OFFSET)})), {counts}
            from {relation}"""
        ).fetchall()[0]
        return filled, offsets, read

    def _has_times(self, relation: str, column: str) -> bool:
        filled, offsets, read = self._counts(relation, column)
        return max(offsets, *read) * 2 > filled or not filled

    def _time(self, relation: str, column: str) -> str:
        """The SQL of a column of times, by their format."""
        name = sql.name(column)
        filled, offsets, read = self._counts(relation, column)
        best = max(read)
        if offsets >= best:
            return f"instant({name})"
        self._has_local_times = True
        form = TIMES[read.index(best)]
        if best < filled:
            self._note(f"{column}: {filled - best:,} of {filled:,} times are not written as {form}")
        other = form.replace("%m/%d", "%d/%m")
        if other != form and read[TIMES.index(other)] == best:
            self._note(f"{column}: {form} or {other}? every value fits both")
            return f"local_time({name}, {sql.text(form)}) /* TODO or {other}? */"
        return f"local_time({name}, {sql.text(form)})"

    def _with_times(self, tickets: Source) -> Source:
        """Drop columns named as times that contain none. Find the creation time by its values if
        no heading names it."""
        found = {
            column: name
            for column, name in tickets.found.items()
            if not column.endswith("_at") or self._has_times(tickets.relation, name)
        }
        if "created_at" not in found:
            names = [name for export in tickets.exports for name in export.columns]
            rows = sum(export.rows for export in tickets.exports)
            for name in dict.fromkeys(names):
                filled, offsets, read = self._counts(tickets.relation, name)
                if name not in found.values() and filled == rows == max(offsets, *read) > 0:
                    self._note(f"tickets: no heading names the creation time; is it {name}?")
                    return replace(tickets, found=found | {"created_at": name})
            self._note("tickets: no column has the creation time; a build needs it")
        return replace(tickets, found=found)

    # Tickets

    def _tickets(self, source: Source) -> str:
        found = source.found
        lines = [self._ticket_id(source)]
        lines.append(self._line(source, "created_at", "created_at", is_time=True))
        lines.append(self._line(source, "updated_at", "updated_at", is_time=True))
        lines.append(self._line(source, "subject", "subject"))
        lines.append(f"{self._status(source)} as status_id")
        for column in ("priority", "category", "source"):
            lines.append(self._line(source, column, column))
        for column in ("agent", "team", "company", "contact"):
            name = found.get(column)
            line = f"{_key(column, name, name)} as {column}_id" if name else ""
            lines.append(line or self._line(source, column, f"{column}_id"))
        if "merged_into" in found:
            lines.append(self._line(source, "merged_into", "merged_into_id"))
        response = self._first_response(source)
        lines.append(
            f"{response} as reported_first_response_at"
            if response
            else "-- TODO reported_first_response_at: no column has the time of the first "
            "response; rename its heading to First response at for response times"
        )
        closed = [self._time(source.relation, found[each]) for each in ("resolved_at", "closed_at")
                  if each in found]  # fmt: skip
        if closed:
            joined = closed[0] if len(closed) == 1 else f"coalesce({', '.join(closed)})"
            lines.append(f"{joined} as reported_closed_at")
        else:
            lines.append("-- TODO reported_closed_at: no column has the close time")
            self._note("tickets: no column has the close time")
        used = {*found.values()}
        names = [name for export in source.exports for name in export.columns]
        left = [name for name in dict.fromkeys(names) if name not in used]
        listed = "".join(f"-- not used: {sql.name(name)}\n" for name in left)
        return f"{_table('tickets', lines, source.relation)}{listed}"

    def _ticket_id(self, source: Source) -> str:
        if name := source.found.get("ticket_id"):
            return f"{sql.name(name)} as ticket_id"
        names = [name for export in source.exports for name in export.columns]
        if ids := self._ids(source.relation, names, [*source.found.values()]):
            self._note(f"tickets: no heading names the id; is it {ids[0]}?")
            return f"{sql.name(ids[0])} as ticket_id -- TODO or another column of ids?"
        self._note("tickets: no column of ids; the row number is used instead")
        return "(row_number() over ())::varchar as ticket_id -- TODO the column of the tickets' ids"

    def _line(self, source: Source, column: str, target: str, is_time: bool = False) -> str:
        if name := source.found.get(column):
            value = self._time(source.relation, name) if is_time else sql.name(name)
            return f"{value} as {target}"
        return f"-- TODO {target}: no column of the export looks like it"

    def _status(self, source: Source) -> str:
        if name := source.found.get("status"):
            return sql.name(name)
        self._note("tickets: no column of statuses; a ticket with a close time is closed")
        names = [
            source.found[each] for each in ("resolved_at", "closed_at") if each in source.found
        ]
        if not names:
            return "'Open' /* TODO the status */"
        closed = f"coalesce({', '.join(map(sql.name, names))})"
        return f"case when {closed} is null then 'Open' else 'Closed' end /* TODO the status */"

    def _statuses(self, source: Source) -> str:
        """The statuses of the tickets, each with a state guessed from its words."""
        found = self._connection.execute(
            f"""select distinct {self._status(source).partition(" /*")[0]} as status
            from ({source.view.partition(" as")[2].rstrip(chr(10) + ";")})
            where status is not null order by all limit {MOST_STATUSES + 1}"""
        ).fetchall()
        statuses = [status for (status,) in found]
        if len(statuses) > MOST_STATUSES:
            self._note("statuses: too many values; is it the right column?")
            statuses = statuses[:MOST_STATUSES]
        rows = []
        for place, status in enumerate(statuses, 1):
            state = state_of(status)
            comma = "," if place < len(statuses) else ""
            todo = "" if state else "  -- TODO its state"
            literal = sql.text(status)
            if not state:
                self._note(f"statuses: the state of {status!r} is unknown; open is a guess")
            rows.append(f"    ({literal}, {literal}, '{state or 'open'}', {place}){comma}{todo}")
        listed = "\n".join(rows)
        return f"""-- state: open, pending (on the customer), on_hold (on a third party) or closed.
create or replace table landing.statuses as
select * from (values
{listed}
) as statuses (status_id, name, state, display_order);
"""

    # People

    def _people(self, table: str, tickets: Source, own: Source | None) -> str:
        """Agents, teams, companies or contacts, from their own export or from the tickets."""
        column = {"agents": "agent", "teams": "team", "companies": "company",
                  "contacts": "contact"}[table]  # fmt: skip
        key = f"{column}_id"
        used = tickets.found.get(column)
        if own:
            return f"{own.view}\n{self._of_own_export(table, key, tickets, own)}"
        if not used:
            return ""
        name = tickets.found.get(f"{column}_name", used)
        company = tickets.found.get("company") if table == "contacts" else None
        columns = [f"{_key(column, used, used)} as {key}", f"any_value({sql.name(name)}) as name"]
        if company:
            columns.insert(1, f"any_value(someone({sql.name(company)})) as company_id")
        where = f"where someone({sql.name(used)}) is not null\ngroup by {key}"
        return _table(table, columns, f"{tickets.relation}\n{where}")

    def _of_own_export(self, table: str, key: str, tickets: Source, own: Source) -> str:
        used = tickets.found.get(key.removesuffix("_id"))
        identity = own.found.get("id") or own.found.get("name") or own.found.get("email")
        if used:
            # The tickets reference people by id, name or mail address.
            shared = {name: self._shared(tickets, used, own, name) for name in own.found.values()}
            best = max(shared, key=lambda each: shared[each])
            identity = best if shared[best] else identity
            if not shared[best]:
                self._note(f"{table}: no column matches the values of {used} in the tickets")
        column = key.removesuffix("_id")
        columns = [f"{_key(column, used or str(identity), str(identity))} as {key}"]
        columns += [
            f"{sql.name(own.found[each])} as {each}"
            for each in ("name", "email", "domain")
            if each in own.found
        ]
        where = f"{own.relation}\nwhere {sql.name(str(identity))} is not null"
        return _table(table, columns, where)

    def _shared(self, tickets: Source, used: str, own: Source, name: str) -> int:
        return sql.number(
            self._connection,
            f"""select count(distinct {sql.name(used)}) from {tickets.relation}
            where {sql.name(used)} in (select {sql.name(name)} from {own.relation})""",
        )

    # Events

    def _first_response(self, source: Source) -> str:
        if name := source.found.get("first_response_at"):
            return self._time(source.relation, name)
        minutes = source.found.get("first_response_minutes")
        if minutes and "created_at" in source.found:
            created = self._time(source.relation, source.found["created_at"])
            later = (
                f"{created}::timestamptz + to_seconds(try_cast({sql.name(minutes)} as double) * 60)"
            )
            return f"strftime(({later}) at time zone 'UTC', '%Y-%m-%dT%H:%M:%SZ')"
        return ""

    def _events(self, tickets: Source, messages: Source | None) -> str:
        """Messages from their own export, from comments, or from the first response; else the
        current status of each ticket as its status since creation."""
        if messages:
            return f"{messages.view}\n{self._messages(messages)}"
        if comments := self._comments(tickets):
            return comments
        if "ticket_id" in tickets.found and self._first_response(tickets):
            return _FIRST_RESPONSES
        self._note("messages: no export has them, so there are no response times")
        return _OPEN_SINCE_CREATION

    def _messages(self, source: Source) -> str:
        found = source.found
        identity = f"{sql.name(found['message_id'])}" if "message_id" in found else (
            "(row_number() over ())::varchar /* TODO the messages' ids */"
        )  # fmt: skip
        author = sql.name(found["author_type"]) if "author_type" in found else "null"
        words = "'customer', 'requester', 'end-user', 'end user', 'user', 'contact', 'client'"
        is_customer = f"lower({author}) in ({words})"
        if "direction" in found:
            direction = sql.name(found["direction"])
            incoming = f"lower({direction}) in ('true', '1', 'yes', 'incoming', 'in', 'inbound')"
        else:
            incoming = is_customer
            if "author_type" not in found:
                self._note("messages: no column has the kind of author, customer or agent")
        lines = [
            f"{identity} as message_id",
            f"{sql.name(found['ticket_id'])} as ticket_id",
            f"{self._time(source.relation, found['sent_at'])} as sent_at",
            f"case when {incoming} then 'incoming' else 'outgoing' end as direction",
            f"case when {incoming} then 'customer' else 'agent' end as author_type",
        ]
        if "author_id" in found:
            author_id = sql.name(found["author_id"])
            lines.append(f"case when not {incoming} then {author_id} end as author_id")
        if "is_public" in found:
            lines.append(f"{sql.name(found['is_public'])} as is_public")
        elif "is_private" in found:
            private = f"lower({sql.name(found['is_private'])}) in ('true', '1', 'yes')"
            lines.append(f"not {private} as is_public")
        return _table("messages", lines, source.relation)

    def _comments(self, tickets: Source) -> str:
        """Messages from Jira's comments: `time;author;text` in a repeated column."""
        name = tickets.found.get("comments")
        if not name or "ticket_id" not in tickets.found:
            return ""
        self._connection.execute(VALUES_OF)
        self._connection.execute(
            f"""create or replace temp table comments as
            select split_part(comment, ';', 1) as sent_at from (
                select unnest(values_of({sql.name(name)})) as comment from {tickets.relation}
            ) where regexp_full_match(comment, {sql.text(COMMENT)})"""
        )
        if not sql.number(self._connection, "select count(*) from comments"):
            return ""
        sent = self._time("comments", "sent_at")
        customers = [
            name
            for each in tickets.exports
            for name in each.columns
            if plain_heading(name) in ("reporter", "reporter id", "creator", "creator id")
        ]
        asked = ", ".join(sql.name(name) for name in dict.fromkeys(customers)) or "null"
        ticket = sql.name(tickets.found["ticket_id"])
        created = self._time(tickets.relation, tickets.found["created_at"])
        return f"""\
-- A comment is time;author;text. The creator of the ticket is its customer, all others are agents.
{VALUES_OF}
create or replace table landing.messages as
with asked as (
    select
        {ticket} as ticket_id, 0 as place, {created} as sent_at,
        true as is_customer, null as author_id
    from tickets_export
),
commented as (
    select {ticket} as ticket_id, unnest(values_of({sql.name(name)})) as comment,
        generate_subscripts(values_of({sql.name(name)}), 1) as place, [{asked}] as customers
    from tickets_export
),
answered as (
    select ticket_id, place, split_part(comment, ';', 1) as sent_at,
        list_contains(customers, split_part(comment, ';', 2)) as is_customer,
        split_part(comment, ';', 2) as author_id
    from commented where regexp_full_match(comment, {sql.text(COMMENT)})
)
select
    ticket_id || ':' || place as message_id,
    ticket_id,
    sent_at,
    case when is_customer then 'incoming' else 'outgoing' end as direction,
    case when is_customer then 'customer' else 'agent' end as author_type,
    case when not is_customer then author_id end as author_id
from (
    from asked
    union all by name
    select * replace ({sent} as sent_at) from answered
);
"""

    def _as_declared(self, source: Source) -> str:
        """The SQL of an export that has the contract's columns."""
        table = source.table.removeprefix("=")
        plain = {plain_name(name): name for each in source.exports for name in each.columns}
        lines = [
            f"{sql.name(plain[name])} as {name}"
            for name in contract_tables()[table].column_names
            if name in plain
        ]
        union = " union all by name ".join(
            f"select * from {each.relation}" for each in source.exports
        )
        return _table(table, lines, f"({union})")


_FIRST_RESPONSES = """\
-- Two messages per ticket: the request at creation, and the first response.
create or replace table landing.messages as
select
    ticket_id || ':asked' as message_id, ticket_id, created_at as sent_at,
    'incoming' as direction, 'customer' as author_type
from landing.tickets
union all
select ticket_id || ':answered', ticket_id, reported_first_response_at, 'outgoing', 'agent'
from landing.tickets where reported_first_response_at is not null;
"""
_OPEN_SINCE_CREATION = """\
-- TODO messages, or the history of statuses, if an export has them. Without them, a ticket that is
-- not closed has had its status since creation, and there are no response times.
create or replace table landing.ticket_field_history as
select ticket_id, 'status' as field, created_at as changed_at, status_id as value
from landing.tickets
where status_id in (select status_id from landing.statuses where state <> 'closed');
"""


def _key(column: str, used: str, name: str) -> str:
    """The SQL of a person's id, from column `name`; `used` is the column of the tickets.

    Everyone can see ids, so a customer's name or mail address is replaced by its digest.
    """
    if column == "contact" and not plain_heading(used).endswith("id"):
        return f"md5(lower(someone({sql.name(name)})))"
    return f"someone({sql.name(name)})"


def _table(name: str, lines: list[str], relation: str) -> str:
    """A statement that creates a table of the landing folder."""
    written = "\n".join(
        f"    {line}" if line.startswith("--") else f"    {_with_comma(line)}" for line in lines
    )
    return f"create or replace table landing.{name} as\nselect\n{written}\nfrom {relation};\n"


def _with_comma(line: str) -> str:
    code, mark, comment = line.partition(" -- ")
    return f"{code},{mark}{comment}"
