"""Schedules of the jobs, and the freshness policy of the published assets."""

from datetime import timedelta

import dagster as dg

from .jobs import digests, nightly_check, refresh, vacuum

# A warning after two missed hourly refreshes, a failure after four.
FRESHNESS = dg.FreshnessPolicy.time_window(
    warn_window=timedelta(hours=2), fail_window=timedelta(hours=4)
)

# Stopped until an operator starts them, Dagster's default. Times are UTC.
SCHEDULES = [
    dg.ScheduleDefinition(
        name="hourly_refresh",
        job=refresh,
        cron_schedule="5 * * * *",
        description="Five minutes past each hour, when the landing files of the hour are complete.",
    ),
    dg.ScheduleDefinition(
        name="nightly_full_check",
        job=nightly_check,
        cron_schedule="25 2 * * *",
        description="Each night at 02:25: compare the refreshed marts with a full build.",
    ),
    dg.ScheduleDefinition(
        name="weekly_vacuum",
        job=vacuum,
        cron_schedule="35 3 * * 0",
        description="Sundays at 03:35, between two hourly refreshes: delete old builds.",
    ),
    dg.ScheduleDefinition(
        name="hourly_digests",
        job=digests,
        cron_schedule="45 * * * *",
        description="Each hour, after the refresh: send the digests whose time has come, and again "
        "to channels that failed.",
    ),
]
