"""When jobs run without a person, and how old the result may get."""

from datetime import timedelta

import dagster as dg

from orchestration.jobs import nightly_check, refresh, vacuum

# Two hourly refreshes missed, and then a working morning's.
FRESHNESS = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=2), fail_window=timedelta(hours=4)
)

# Stopped until an operator starts them, as every schedule is by default. Times are UTC.
SCHEDULES = [
    dg.ScheduleDefinition(
        name="hourly_refresh",
        job=refresh,
        cron_schedule="5 * * * *",
        description="Five minutes past each hour, when the hour's landing files are there.",
    ),
    dg.ScheduleDefinition(
        name="nightly_full_check",
        job=nightly_check,
        cron_schedule="25 2 * * *",
        description="Each night at 02:25: is what was built step by step what a full build gives?",
    ),
    dg.ScheduleDefinition(
        name="weekly_vacuum",
        job=vacuum,
        cron_schedule="35 3 * * 0",
        description="Sundays at 03:35, between two hourly refreshes.",
    ),
]
