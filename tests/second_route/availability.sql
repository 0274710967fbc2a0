-- availability, rpt_agent_availability: seconds of each date that an agent spent in each known status.

with intervals as (
    select
        agent_id,
        status,
        cast(started_at as timestamp) as started_at,
        least(
            coalesce(cast(ended_at as timestamp), 'infinity'),
            lead(cast(started_at as timestamp), 1, 'infinity') over (
                partition by agent_id order by cast(started_at as timestamp)
            ),
            getvariable('as_of')
        ) as ended_at
    from raw.agent_availability
    where cast(started_at as timestamp) <= getvariable('as_of')
),

dates as (
    select
        report_date,
        utc_time(report_date) as starts_at,
        utc_time(report_date + interval 1 day) as ends_at
    from (
        select cast(unnest(generate_series(
            (select report_date_of(min(started_at)) from intervals),
            report_date_of(getvariable('as_of')),
            interval 1 day
        )) as date) as report_date
    )
)

select
    dates.report_date,
    key_of(intervals.agent_id) as agent_key,
    key_of(agent_teams.team_id) as team_key,
    intervals.status,
    sum(
        second_of(least(intervals.ended_at, dates.ends_at))
        - second_of(greatest(intervals.started_at, dates.starts_at))
    ) as duration_seconds,
    coalesce(
        sum(
            second_of(least(intervals.ended_at, dates.ends_at))
            - second_of(greatest(intervals.started_at, dates.starts_at))
        ) filter (intervals.status = 'available'),
        0
    ) as available_seconds
from intervals
inner join dates on intervals.started_at < dates.ends_at and intervals.ended_at > dates.starts_at
left join agent_teams on intervals.agent_id = agent_teams.agent_id
group by all;
