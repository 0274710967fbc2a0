"""The parts of the quality board: checks, what became of every row, and how fresh the data is."""

from dashboards.boards.desk import Desk, Row, column, table, words
from dashboards.boards.kinds import Newest, Part
from dashboards.boards.tickets import TicketLists

SAMPLE = 100
# A row of the landing files can be of any length.
RAW_LENGTH = 400
# What a failing check of each severity is called, worst first.
VERDICTS = {
    "error": {"text": "Fails", "tone": "bad"},
    "warning": {"text": "Warns", "tone": "warn"},
    "info": {"text": "Notes", "tone": "plain"},
}
PASSES = {"text": "Passes", "tone": "good"}


def checks_part(desk: Desk, part: Part, lists: TicketLists) -> Row:
    """Every check: the failing ones first, the worst of them on top."""
    rows = desk.rows(f"from {part.relation.sql} order by share_failing desc nulls last, check_id")
    severities = list(VERDICTS)
    rows.sort(key=lambda row: (not row["rows_failing"], severities.index(row["severity"])))
    columns = [
        column("Result", "verdict", choose=True),
        column("Severity", choose=True),
        column("Check"),
        column("Of"),
        column("Failing", "count"),
        column("Checked", "count"),
        column("Share", "percent"),
        column("What it means", wide=True),
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


def reconciliation_part(desk: Desk, part: Part, lists: TicketLists) -> Row:
    """Every table of the contract; one that was not landed has no numbers, not zeros."""
    rows = desk.rows(
        f"from {part.relation.sql} order by is_configured desc, table_name, source_system"
    )
    several = len({row["source_system"] for row in rows}) > 1
    counted = ["read", "modelled", "quarantined", "duplicate", "held_back"]
    columns = [
        column("Table"),
        column("Configured", "verdict", choose=True),
        *(column(words(name), "count") for name in counted),
    ]
    cells = [
        [
            f"{row['source_system']}: {row['table_name']}" if several else row["table_name"],
            {"text": "Configured", "tone": "good"}
            if row["is_configured"]
            else {"text": "Not configured", "tone": "plain"},
            *(row[f"rows_{name}"] if row["is_configured"] else None for name in counted),
        ]
        for row in rows
    ]
    return {"table": table(columns, cells)}


def quarantine_part(desk: Desk, part: Part, lists: TicketLists) -> Row:
    """A sample in which no reason that is frequent hides the others."""
    rows = desk.rows(
        f"""with placed as (
            select
                *,
                row_number() over (
                    partition by table_name, reason order by landed_file, landed_row
                ) as place
            from {part.relation.sql}
        )
        select * from placed
        order by place, table_name, reason, landed_file, landed_row limit {SAMPLE}"""
    )
    rows.sort(key=lambda row: (row["table_name"], row["reason"], row["place"]))
    columns = [
        column("Table", choose=True),
        column("Reason", wide=True),
        column("File"),
        column("Row", "count"),
        column("Key"),
        column("As landed", "raw", wide=True),
    ]
    cells = [
        [row["table_name"], row["reason"], row["landed_file"], row["landed_row"], row["row_key"],
         _cut(row["raw_row"])]
        for row in rows
    ]  # fmt: skip
    total = desk.count(part.relation)
    return {
        "table": table(columns, cells, total=total, noun="rows in quarantine, some of each reason")
    }


def _cut(text: str | None) -> str | None:
    return text if text is None or len(text) <= RAW_LENGTH else f"{text[:RAW_LENGTH]} …"


def builds_part(desk: Desk, part: Part, lists: TicketLists) -> Row:
    """The newest build, and how much older than its clock the newest data is."""
    clock = desk.clock
    (build,) = desk.rows(
        f"select build_id, started_at from {part.relation.sql} order by as_of desc limit 1"
    )
    facts = [
        {"label": "Clock", "text": clock.text(clock.as_of)},
        # The browser's own clock says how long ago that was.
        {"label": "Build started", "text": clock.text(build["started_at"]),
         "instant": f"{build['started_at']:%Y-%m-%dT%H:%M:%SZ}"},
        {"label": "Build", "text": build["build_id"]},
        {"label": "Time zone", "text": clock.zone},
    ]  # fmt: skip
    return {"facts": facts + [_newest(desk, newest) for newest in part.newest]}


def _newest(desk: Desk, newest: Newest) -> Row:
    missing = desk.missing(newest.needs)
    if missing:
        return {"label": newest.label, "missing": missing}
    (found,) = desk.rows(f"select max({newest.column}) as moment from {newest.relation.sql}")
    moment = found["moment"]
    return {
        "label": newest.label,
        "text": None if moment is None else desk.clock.text(moment),
        "before_clock": desk.clock.seconds_since(moment),
    }
