"""The tools that read the state of the help desk and of its data: insights and data quality."""

from helpdesk.mcp import arguments
from helpdesk.mcp.opened import Opened, Row, cut
from helpdesk.reports.errors import ReportError
from helpdesk.reports.literals import literal

MOST_CHECKS = 50
# The worst first.
SEVERITIES = "array['error', 'warning', 'info']"


def insights(opened: Opened, given: arguments.OfReport) -> Row:
    """The sentences that need attention now, or those of a report, each with its figures."""
    _reject_audience(opened, "insights")
    where, place = "summary_position is not null", "summary_position"
    report = opened.report(given.report) if given.report else None
    if report:
        where, place = f"report_id = {literal(report.id)}", "position"
    rows = opened.rows(
        f"select * from marts.rpt_insights where {where} order by {place}, report_id"
    )
    titles = {one.id: one.title for one in opened.definitions.reports}
    return {
        **opened.head(),
        "definition": opened.described("rpt_insights"),
        "filters": [],
        "report": {"name": report.name, "title": report.title, "definition": report.definition}
        if report
        else None,
        "insights": [
            {
                "sentence": row["sentence"],
                "report": titles.get(row["report_id"], "Summary"),
                # The figures of the sentence, by the columns of the mart.
                "row": {name: value for name, value in row.items() if value is not None},
            }
            for row in rows
        ],
        "notes": [] if rows else ["There are none, or the report has too few rows for them."],
    }


def _reject_audience(opened: Opened, what: str) -> None:
    """Raise ReportError if the client sees a part of the help desk alone."""
    if opened.answers.warehouse.options.audience:
        raise ReportError(f"{what}: is of the whole help desk, and not shown to your audience")


def data_quality(opened: Opened, _: arguments.Nothing) -> Row:
    """The failing checks, the rows in quarantine, the use of every read row, and freshness."""
    _reject_audience(opened, "data quality")
    checks = opened.rows(
        "select * exclude (build_id, as_of) from marts.data_quality where rows_failing > 0 "
        f"order by list_position({SEVERITIES}, severity), share_failing desc nulls last, check_id"
    )
    ((passing,),) = opened.answers.warehouse.run(
        opened.build, "select count(*) from marts.data_quality where rows_failing = 0"
    )[0]
    return {
        **opened.head(),
        "published_at": opened.build.published_at,
        "newest_rows": opened.rows(
            "select (select max(created_at) from marts.fct_tickets) as ticket, "
            "(select max(entered_at) from marts.fct_ticket_status_history) as status, "
            "(select max(sent_at) from marts.fct_messages) as message"
        )[0],
        "definition": opened.described("data_quality"),
        "filters": [],
        "failing_checks": [cut(row) for row in checks[:MOST_CHECKS]],
        "left_off": max(0, len(checks) - MOST_CHECKS),
        "passing_checks": passing,
        "quarantine": {
            "definition": opened.described("quarantine"),
            "reasons": opened.rows(
                "select table_name, reason, any_value(remedy) as remedy, count(*) as row_count "
                "from marts.quarantine group by table_name, reason "
                f"order by row_count desc, table_name, reason limit {MOST_CHECKS}"
            ),
        },
        "tables": {
            "definition": opened.described("reconciliation"),
            "rows": opened.rows(
                "select * exclude (build_id) from marts.reconciliation where is_configured "
                "order by source_system, table_name"
            ),
            "not_configured": [
                row["table_name"]
                for row in opened.rows(
                    "select distinct table_name from marts.reconciliation group by table_name "
                    "having not bool_or(is_configured) order by all"
                )
            ],
        },
    }
