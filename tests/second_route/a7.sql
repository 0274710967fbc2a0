-- A7, rpt_backlog: tickets open at the end of each date and their age, with the owner, team and
-- priority of that time; the last date ends at as_of.

with dates as (
    select cast(unnest(generate_series(
        (select report_date_of(min(created_at)) from tickets),
        report_date_of(getvariable('as_of')),
        interval 1 day
    )) as date) as report_date
),

ends as (
    select
        report_date,
        utc_time(report_date + interval 1 day) as ends_at,
        -- What happens at the stroke of midnight belongs to the next date.
        utc_time(report_date + interval 1 day) - interval 1 microsecond as seen_at
    from dates
    where report_date < report_date_of(getvariable('as_of'))
    union all
    select
        report_date_of(getvariable('as_of')), getvariable('as_of'), getvariable('as_of')
),

backlog as (
    select
        ends.report_date,
        key_of(agents.value) as agent_key,
        key_of(coalesce(teams.value, agent_teams.team_id)) as team_key,
        tickets.channel_account_key,
        tickets.pipeline_key,
        tickets.company_key,
        second_of(ends.ends_at) - second_of(tickets.created_at) as age_seconds
    from ends
    inner join status_intervals as intervals
        on
            ends.seen_at >= intervals.entered_at
            and (intervals.left_at is null or ends.seen_at < intervals.left_at)
    inner join counted_tickets as tickets on intervals.ticket_id = tickets.ticket_id
    inner join property_values as agents
        on
            tickets.ticket_id = agents.ticket_id
            and agents.field = 'agent'
            and ends.seen_at >= agents.valid_from
            and ends.seen_at < agents.valid_to
    inner join property_values as teams
        on
            tickets.ticket_id = teams.ticket_id
            and teams.field = 'team'
            and ends.seen_at >= teams.valid_from
            and ends.seen_at < teams.valid_to
    left join agent_teams on agents.value = agent_teams.agent_id
    where intervals.state <> 'closed'
)

select
    report_date,
    agent_key,
    team_key,
    channel_account_key,
    pipeline_key,
    company_key,
    count(*) as open_ticket_count,
    sum(age_seconds) as age_seconds,
    count(*) filter (age_seconds < 86400) as age_under_1_day_count,
    count(*) filter (age_seconds >= 86400 and age_seconds < 259200) as age_1_to_3_days_count,
    count(*) filter (age_seconds >= 259200 and age_seconds < 604800) as age_3_to_7_days_count,
    count(*) filter (age_seconds >= 604800 and age_seconds < 2592000)
        as age_7_to_30_days_count,
    count(*) filter (age_seconds >= 2592000) as age_over_30_days_count
from backlog
group by all;
