with

builds as (

    select
        day_before_at,
        day_before_date
    from {{ ref('int_builds_current') }}

),

-- A local day lasts less than two days: a plain comparison spares nearly all clocks the others.
clocks as (

    select
        judged.*,
        builds.day_before_at,
        builds.day_before_date
    from {{ ref('int_sla_clocks_judged') }} as judged
    cross join builds
    where
        not judged.is_first_close
        and judged.started_at <= builds.day_before_at
        and coalesce(judged.ended_at, {{ end_of_time() }})
        > builds.day_before_at - interval 2 day

),

-- The run of closed stays that a ticket was in at that moment.
closes as (

    select
        listed.ticket_number,
        listed.happened_at as closed_at
    from {{ ref('int_ticket_closes_listed') }} as listed
    cross join builds
    where
        listed.transition = 'close'
        and listed.happened_at <= builds.day_before_at
        and coalesce(listed.after_at, {{ end_of_time() }}) > builds.day_before_at

),

-- The end of a clock is final, but for a ticket that was reopened since: it was closed then.
ended_by_then as (

    select
        ticket_number,
        metric,
        occurrence,
        ended_at,
        day_before_date,
        status
    from clocks
    where ended_at <= day_before_at

),

not_ended_by_then as (

    select
        clocks.ticket_number,
        clocks.metric,
        clocks.occurrence,
        clocks.is_first_close,
        clocks.policy_id,
        clocks.goal_seconds,
        clocks.due_soon_seconds,
        clocks.calendar_id,
        clocks.started_at,
        clocks.start_epoch,
        clocks.open_at_start,
        clocks.day_before_at,
        clocks.day_before_date,
        case when clocks.metric <> 'next_response' then closes.closed_at end as ended_at,
        clocks.metric = 'first_response' and closes.closed_at is not null as is_cancelled
    from clocks
    left join closes
        on clocks.ticket_number = closes.ticket_number
    where coalesce(clocks.ended_at, {{ end_of_time() }}) > clocks.day_before_at

),

decided as (

    select
        *,
        coalesce(ended_at, day_before_at) as decided_at,
        {{ epoch_seconds('coalesce(ended_at, day_before_at)') }} as end_epoch
    from not_ended_by_then

),

counted as (

    select
        decided.*,
        {{ open_seconds_before('at_end', 'decided.end_epoch') }} as open_at_end
    from decided
    {{ calendar_join('at_end', 'decided.calendar_id', 'decided.end_epoch') }}

),

judged_then as (

    {{ judged_clocks('counted') }}

),

stood as (

    select * from ended_by_then
    union all
    select
        judged_then.ticket_number,
        judged_then.metric,
        judged_then.occurrence,
        judged_then.ended_at,
        builds.day_before_date,
        judged_then.status
    from judged_then
    cross join builds

),

of_the_day as (

    select
        ticket_number,
        metric,
        occurrence,
        status
    from stood
    where ended_at is null or {{ report_date('ended_at') }} = day_before_date

)

select * from of_the_day
