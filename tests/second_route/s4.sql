-- S4, rpt_summary_channels: tickets of each channel that were created today or are open, at as_of
-- and at the same time on the date before.

with every_channel as (
    select key_of(channel_id) as channel_key from raw.channels
    union all
    select 'unknown'
),

seen as (
    select
        tickets.channel_key,
        moments.moment,
        tickets.created_at >= moments.midnight_at as is_of_today,
        exists (
            select 1
            from status_intervals as intervals
            where
                intervals.ticket_id = tickets.ticket_id
                and intervals.state <> 'closed'
                and intervals.entered_at <= moments.moment_at
                and coalesce(intervals.left_at, 'infinity') > moments.moment_at
        ) as is_open
    from counted_tickets as tickets
    inner join moments on moments.moment_at >= tickets.created_at
),

figures as (
    select channel_key, moment, 'opened_today' as figure from seen where is_of_today
    union all
    select channel_key, moment, 'open_now' from seen where is_open
)

select
    every_channel.channel_key,
    kinds.figure,
    getvariable('as_of') as as_of,
    (select moment_at from moments where moment = 'before') as comparison_as_of,
    count(*) filter (figures.moment = 'now') as value,
    count(*) filter (figures.moment = 'now') as n,
    count(*) filter (figures.moment = 'before') as comparison_value,
    count(*) filter (figures.moment = 'before') as comparison_n
from every_channel
cross join (values ('opened_today'), ('open_now')) as kinds (figure)
left join figures using (channel_key, figure)
group by all;
