"""The widgets of the page Data quality: checks, row counts, quarantine and freshness."""

from helpdesk.dashboards.widgets.desk import Desk, Row, column, table, words
from helpdesk.dashboards.widgets.kinds import Newest, Widget
from helpdesk.dashboards.widgets.tickets import TicketLists

SAMPLE = 100
# The longest text shown of a landed row.
RAW_LENGTH = 400
# The label of a failing check by severity, the worst first.
VERDICTS = {
    "error": {"text": "Fails", "tone": "bad"},
    "warning": {"text": "Warns", "tone": "warn"},
    "info": {"text": "Notes", "tone": "plain"},
}
# The uses of rows that the table counts.
COUNTED = ("read", "modelled", "quarantined", "duplicate", "held_back")
PASSES = {"text": "Passes", "tone": "good"}


def checks_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """Every check: failing ones first, the worst at the top."""
    rows = desk.rows(f"from {widget.relation.sql} order by share_failing desc nulls last, check_id")
    severities = list(VERDICTS)
    rows.sort(key=lambda row: (not row["rows_failing"], severities.index(row["severity"])))
    columns = [
        column("Result", "verdict", choose=True),
        column("Severity", "word", choose=True),
        column("Check", "word"),
        column("Of"),
        column("Failing", "count"),
        column("Checked", "count"),
        column("Share", "percent"),
        column("What it means", "sentence", wide=True),
    ]
    cells = [
        [
            VERDICTS[row["severity"]] if row["rows_failing"] else PASSES,
            words(row["severity"]),
            words(row["kind"]),
            ".".join(name for name in (row["table_name"], row["column_name"]) if name),
            row["rows_failing"],
            row["rows_checked"],
            row["share_failing"],
            row["description"],
        ]
        for row in rows
    ]
    return {"table": table(columns, cells)}


def reconciliation_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """Every contract table; one that is not configured has no numbers rather than zeros."""
    rows = desk.rows(
        f"from {widget.relation.sql} order by is_configured desc, table_name, source_system"
    )
    several = len({row["source_system"] for row in rows}) > 1
    columns = [
        column("Table"),
        column("Configured", "verdict", choose=True),
        *(column(words(name), "count") for name in COUNTED),
        column("Why none is modelled", "sentence", wide=True),
    ]
    cells = [
        [
            f"{row['source_system']}: {row['table_name']}" if several else row["table_name"],
            {"text": "Configured", "tone": "good"}
            if row["is_configured"]
            else {"text": "Not configured", "tone": "plain"},
            *(row[f"rows_{name}"] if row["is_configured"] else None for name in COUNTED),
            row["empty_because"],
        ]
        for row in rows
    ]
    return {"table": table(columns, cells)}


def quarantine_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """A sample with rows of every reason."""
    rows = desk.rows(
        f"""with placed as (
            select
                *,
                row_number() over (
                    partition by table_name, reason order by landed_file, landed_row
                ) as place
            from {widget.relation.sql}
        )
        select * from placed
        order by place, table_name, reason, landed_file, landed_row limit {SAMPLE}"""
    )
    rows.sort(key=lambda row: (row["table_name"], row["reason"], row["place"]))
    columns = [
        column("Table", choose=True),
        column("Reason", "sentence", wide=True),
        column("What to do", "sentence", wide=True),
        column("File"),
        column("Row", "count"),
        column("Key"),
        column("As landed", "raw", wide=True),
    ]
    cells = [
        [row["table_name"], row["reason"], row["remedy"], row["landed_file"], row["landed_row"],
         row["row_key"], _cut(row["raw_row"])]
        for row in rows
    ]  # fmt: skip
    total = desk.count(widget.relation)
    return {
        "table": table(columns, cells, total=total, noun="rows in quarantine, some of each reason")
    }


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= RAW_LENGTH else f"{text[:RAW_LENGTH]} …"


def builds_widget(desk: Desk, widget: Widget, lists: TicketLists) -> Row:
    """The newest build, and the age of its newest data at `as_of`."""
    clock = desk.clock
    (build,) = desk.rows(
        f"select build_id, started_at from {widget.relation.sql} order by as_of desc limit 1"
    )
    facts = [
        {"label": "As of", "text": clock.text(clock.as_of)},
        # The browser calculates how long ago that was.
        {"label": "Build started", "text": clock.text(build["started_at"]),
         "instant": f"{build['started_at']:%Y-%m-%dT%H:%M:%SZ}"},
        {"label": "Build", "text": build["build_id"]},
        {"label": "Time zone", "text": clock.zone},
    ]  # fmt: skip
    return {"facts": facts + [_newest(desk, newest) for newest in widget.newest]}


def _newest(desk: Desk, newest: Newest) -> Row:
    missing = desk.missing(newest.requires)
    if missing:
        return {"label": newest.label, "missing": missing}
    (found,) = desk.rows(f"select max({newest.column}) as moment from {newest.relation.sql}")
    moment = found["moment"]
    return {
        "label": newest.label,
        "text": None if moment is None else desk.clock.text(moment),
        "before_clock": desk.clock.seconds_since(moment),
    }
