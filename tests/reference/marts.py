"""Every mart's rows from one reading of a desk, and what identifies a row of each.

`ticket_open_times`, `sla_clock_targets`, `opening_hours_merged` and `opening_hours_by_date` are
not marts but queries on some, whose SQL is in `compare`.
"""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    backlog,
    forecast,
    opening_hours,
    service_rows,
    summary,
    summary_hours,
    summary_sla,
    summary_teams,
)
from .days import comparison_moment, date_of
from .lives import life_of
from .records import World
from .reports import REPORTS
from .rows import MartRow, clock_target_rows, open_time_rows
from .saved_reports import SAVED_REPORTS
from .totals import DIMENSIONS

SURVEY_REPORTS = {
    "rpt_customer_effort_score": "ces",
    "rpt_customer_satisfaction": "csat",
    "rpt_net_promoter_score": "nps",
}
TICKET_REPORTS = {**REPORTS, **SAVED_REPORTS}
TICKET_FACTS: Mapping[str, tuple[str, ...]] = {
    "fct_tickets": ("ticket_key",),
    "fct_ticket_status_history": ("ticket_key", "interval_number"),
    "ticket_open_times": ("ticket_key", "started_at"),
    "fct_messages": ("message_id",),
    "fct_response_cycles": ("ticket_key", "cycle_number"),
    "fct_sla_clocks": ("ticket_key", "metric", "occurrence"),
    "sla_clock_targets": ("ticket_key", "metric", "occurrence"),
}
CALENDARS: Mapping[str, tuple[str, ...]] = {
    "dim_comparison_times": ("comparison_time",),
    "opening_hours_merged": ("schedule_key", "holidays_apply", "opened_at"),
    "opening_hours_by_date": ("schedule_key", "holidays_apply", "timezone", "local_date"),
}
SERVICE_FACTS: Mapping[str, tuple[str, ...]] = {
    "fct_calls": ("call_key",),
    "dim_surveys": ("survey_key",),
    "fct_survey_responses": ("response_key",),
    "fct_agent_availability": ("agent_id", "spell_number"),
    "fct_backlog_daily": backlog.FACT_GRAIN,
}
SUMMARIES: Mapping[str, tuple[str, ...]] = {
    "rpt_summary_team": ("figure",),
    "rpt_summary_hours": ("figure", "clock_seconds", "is_as_of"),
    "rpt_summary_ages": ("age",),
    "rpt_summary_availability": ("agent_key",),
    "rpt_summary_sla": ("metric", "state"),
    "rpt_summary_channels": ("channel_key", "figure"),
    "rpt_summary_calls": ("figure",),
    "rpt_forecast": ("figure", "forecast_date"),
    "rpt_summary_by_team": ("team_key", "view_name", "member", "figure"),
}
# What identifies a row of each model.
GRAINS: Mapping[str, tuple[str, ...]] = {
    **TICKET_FACTS,
    **SERVICE_FACTS,
    **CALENDARS,
    **{model: report.grain for model, report in TICKET_REPORTS.items()},
    **dict.fromkeys(SURVEY_REPORTS, ("report_date", *DIMENSIONS, "survey_key", "score")),
    "rpt_calls": ("report_date", *DIMENSIONS),
    "rpt_agent_availability": ("report_date", "agent_key", "team_key", "status"),
    "rpt_backlog": backlog.REPORT_GRAIN,
    **SUMMARIES,
}


def marts_rows(world: World) -> dict[str, list[MartRow]]:
    """Every model's rows."""
    lives = [life_of(world, ticket) for ticket in world.tickets]
    tickets = {life.ticket.ticket_id: life.row for life in lives}
    calls = [service_rows.call_row(world, tickets, call) for call in world.calls]
    responses = [service_rows.response_row(world, tickets, sent) for sent in world.responses]
    presences = [service_rows.presence_row(world, interval) for interval in world.presences]
    backlog_fact, backlog_report = backlog.backlog_rows(world, lives)
    counted = [life for life in lives if life.is_counted]
    facts = summary.Facts(world, counted, calls, responses)
    return {
        "fct_tickets": [life.row for life in lives],
        "fct_ticket_status_history": [row for life in lives for row in life.status_interval_rows],
        "ticket_open_times": [
            row for life in lives for row in open_time_rows(life.ticket, life.intervals)
        ],
        "fct_messages": [row for life in lives for row in life.message_rows],
        "fct_response_cycles": [row for life in lives for row in life.cycle_rows],
        "fct_sla_clocks": [row for life in lives for row in life.clock_rows],
        "sla_clock_targets": [
            row for life in lives for row in clock_target_rows(life.ticket, life.clocks)
        ],
        "dim_comparison_times": comparison_time_rows(world),
        "opening_hours_merged": opening_hours.merged_rows(world),
        "opening_hours_by_date": opening_hours.rows_by_date(world),
        "fct_calls": calls,
        "dim_surveys": service_rows.survey_rows(world.surveys),
        "fct_survey_responses": responses,
        "fct_agent_availability": presences,
        "fct_backlog_daily": backlog_fact,
        **{model: report.rows(world, lives) for model, report in TICKET_REPORTS.items()},
        **{
            model: service_rows.survey_report(responses, kind)
            for model, kind in SURVEY_REPORTS.items()
        },
        "rpt_calls": service_rows.call_report(calls),
        "rpt_agent_availability": service_rows.availability_report(world, presences),
        "rpt_backlog": backlog_report,
        "rpt_summary_team": summary.figure_rows(facts, summary.team_figures),
        "rpt_summary_hours": summary_hours.hour_rows(facts),
        "rpt_summary_ages": summary_hours.age_rows(facts),
        "rpt_summary_availability": summary.agent_rows(facts),
        "rpt_summary_sla": summary_sla.sla_rows(facts),
        "rpt_summary_channels": summary.channel_rows(facts),
        "rpt_summary_calls": summary.figure_rows(facts, summary.call_figures),
        "rpt_forecast": forecast.forecast_rows(world, [life.row for life in counted], backlog_fact),
        "rpt_summary_by_team": summary_teams.team_rows(facts),
    }


def comparison_time_rows(world: World) -> list[MartRow]:
    """As_of, and the same local clock time on the date before."""
    times = {"as_of": world.as_of, "day_before": comparison_moment(world)}
    return [
        {"comparison_time": name, "compared_at": at, "compared_date": date_of(world, at)}
        for name, at in times.items()
    ]
