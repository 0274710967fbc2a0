-- rpt_summary_by_team: the sums of the Summary page's figures by team, at as_of and at the same
-- time on the date before. Open tickets have the team of that time, all others that of their report.
-- After sla_clocks.sql and surveys.sql.

with opened as (
    select moments.moment, tickets.ticket_id, tickets.team_key, tickets.channel_key
    from moments
    inner join counted_tickets as tickets
        on
            tickets.created_at >= moments.midnight_at
            and tickets.created_at <= moments.moment_at
),

open as (
    select
        moments.moment,
        key_of(coalesce(teams.value, agent_teams.team_id)) as team_key,
        tickets.channel_key,
        (moments.moment_second - second_of(tickets.created_at)) / 86400 as age_days
    from moments
    inner join status_intervals as intervals
        on
            intervals.state <> 'closed'
            and intervals.entered_at <= moments.moment_at
            and (intervals.left_at is null or intervals.left_at > moments.moment_at)
    inner join counted_tickets as tickets on intervals.ticket_id = tickets.ticket_id
    inner join property_values as agents
        on
            tickets.ticket_id = agents.ticket_id
            and agents.field = 'agent'
            and moments.moment_at >= agents.valid_from
            and moments.moment_at < agents.valid_to
    inner join property_values as teams
        on
            tickets.ticket_id = teams.ticket_id
            and teams.field = 'team'
            and moments.moment_at >= teams.valid_from
            and moments.moment_at < teams.valid_to
    left join agent_teams on agents.value = agent_teams.agent_id
),

closed as (
    select
        moments.moment,
        tickets.team_key,
        second_of(runs.closed_at) - second_of(tickets.created_at) as seconds
    from moments
    inner join closed_runs as runs
        on
            runs.closed_at >= moments.midnight_at
            and runs.closed_at <= moments.moment_at
            and (runs.reopened_at is null or runs.reopened_at > moments.moment_at)
    inner join counted_tickets as tickets on runs.ticket_id = tickets.ticket_id
),

calls as (
    select
        moments.moment,
        key_of(agent_teams.team_id) as team_key,
        calls.outcome = 'completed' as is_completed,
        calls.direction in ('inbound', 'incoming')
        and calls.outcome in ('missed', 'no_answer', 'busy') as is_missed,
        cast(calls.duration_seconds as bigint) as seconds
    from raw.calls as calls
    inner join moments
        on
            cast(calls.started_at as timestamp) >= moments.midnight_at
            and cast(calls.started_at as timestamp) <= moments.moment_at
    left join agent_teams using (agent_id)
),

amounts as (
    select
        'rpt_summary_team' as view_name,
        'all' as member,
        'tickets_opened' as figure,
        moment,
        team_key,
        1 as amount
    from opened
    union all
    select 'rpt_summary_team', 'all', 'tickets_open', moment, team_key, 1 from open
    union all
    select 'rpt_summary_team', 'all', 'tickets_closed', moment, team_key, 1 from closed
    union all
    select 'rpt_summary_team', 'all', 'time_to_close', moment, team_key, seconds from closed
    union all
    select
        'rpt_summary_team',
        'all',
        'first_response_time',
        moments.moment,
        tickets.team_key,
        second_of(firsts.first_response_at) - second_of(firsts.started_at)
    from moments
    inner join first_responses as firsts
        on
            firsts.first_response_at >= moments.midnight_at
            and firsts.first_response_at <= moments.moment_at
    inner join counted_tickets as tickets on firsts.ticket_id = tickets.ticket_id
    union all
    select
        'rpt_summary_team',
        'all',
        'csat',
        moments.moment,
        asked.team_key,
        -- Three quarters of the way to the best score: 4 of 1 to 5.
        if(asked.points * 4 >= asked.most_points * 3, 100, 0)
    from moments
    inner join asked_surveys as asked
        on
            asked.kind = 'csat'
            and asked.score is not null
            and asked.responded_at >= moments.midnight_at
            and asked.responded_at <= moments.moment_at
    union all
    select 'rpt_summary_channels', channel_key, 'opened_today', moment, team_key, 1 from opened
    union all
    select 'rpt_summary_channels', channel_key, 'open_now', moment, team_key, 1 from open
    union all
    select
        'rpt_summary_ages',
        'all',
        case
            when age_days < 1 then 'age_under_1_day'
            when age_days < 3 then 'age_1_to_3_days'
            when age_days < 7 then 'age_3_to_7_days'
            when age_days < 30 then 'age_7_to_30_days'
            else 'age_over_30_days'
        end,
        moment,
        team_key,
        1
    from open
    union all
    select
        'rpt_summary_sla',
        clocks.metric,
        if(clocks.ended_at is null, clocks.status, 'completed'),
        clocks.moment,
        tickets.team_key,
        1
    from sla_clock_status as clocks
    inner join moments using (moment)
    inner join counted_tickets as tickets on clocks.ticket_id = tickets.ticket_id
    where
        clocks.status <> 'cancelled'
        and (clocks.ended_at is null or clocks.ended_at >= moments.midnight_at)
    union all
    select 'rpt_summary_calls', 'all', 'completed_calls', moment, team_key, 1
    from calls
    where is_completed
    union all
    select 'rpt_summary_calls', 'all', 'total_call_duration', moment, team_key, seconds
    from calls
    where is_completed and seconds is not null
    union all
    select 'rpt_summary_calls', 'all', 'missed_calls', moment, team_key, 1
    from calls
    where is_missed
)

select
    team_key,
    view_name,
    member,
    figure,
    figure in ('first_response_time', 'time_to_close', 'csat') as is_mean,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    coalesce(sum(amount) filter (moment = 'now'), 0) as total,
    count(*) filter (moment = 'now') as n,
    coalesce(sum(amount) filter (moment = 'before'), 0) as comparison_total,
    count(*) filter (moment = 'before') as comparison_n
from amounts
group by all;
