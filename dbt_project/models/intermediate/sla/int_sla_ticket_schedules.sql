{#- Totals of open seconds below and above all others. With plain comparisons an outer join stays a hash join. -#}
{%- set first_total, last_total = -1000000000000, 1000000000000 -%}
with

schedules as (

    select * from {{ ref('int_ticket_schedules') }}
    where interval_count > 1

),

calendars as (

    select * from {{ ref('int_calendars') }}

),

-- The help desks with a target that counts in the ticket's own schedule.
sources as (

    select source_system
    from {{ ref('int_sla_targets_valid') }}
    where schedule_id = 'ticket'
    union
    select source_system
    from {{ ref('int_ticket_sla_applied_valid') }}
    where schedule_id = 'ticket'

),

switches as (

    select true as holidays_apply
    union all
    select false as holidays_apply

),

-- int_ticket_schedules counts holidays; a target can ignore them.
intervals as (

    select
        schedules.ticket_number,
        switches.holidays_apply,
        case when switches.holidays_apply then schedules.calendar_id else without_holidays.calendar_id end
            as calendar_id,
        schedules.valid_from,
        schedules.valid_to,
        {{ epoch_seconds('schedules.valid_from') }} as from_epoch,
        {{ epoch_seconds('schedules.valid_to') }} as to_epoch
    from schedules
    inner join sources
        on schedules.source_system = sources.source_system
    cross join switches
    left join calendars as with_holidays
        on schedules.calendar_id = with_holidays.calendar_id
    left join calendars as without_holidays
        on
            not without_holidays.holidays_apply
            and with_holidays.source_system = without_holidays.source_system
            and with_holidays.schedule_id = without_holidays.schedule_id

),

sequenced as (

    select
        *,
        row_number() over by_time as interval_number,
        lag(calendar_id) over by_time as previous_calendar_id
    from intervals
    window by_time as (partition by ticket_number, holidays_apply order by valid_from)

),

counted as (

    select
        sequenced.*,
        {{ open_seconds_before('before_change', 'sequenced.from_epoch') }} as open_before_change,
        {{ open_seconds_before('after_change', 'sequenced.from_epoch') }} as open_after_change
    from sequenced
    {{ calendar_join('before_change', 'sequenced.previous_calendar_id', 'sequenced.from_epoch') }}
    {{ calendar_join('after_change', 'sequenced.calendar_id', 'sequenced.from_epoch') }}

),

-- The open seconds continue over a change of schedule.
chained as (

    select
        *,
        cast(
            sum(
                case when interval_number = 1 then 0 else open_before_change - open_after_change end
            ) over (
                partition by ticket_number, holidays_apply
                order by interval_number
                rows unbounded preceding
            ) as bigint
        ) as open_offset
    from counted

),

bounded as (

    select
        ticket_number,
        holidays_apply,
        calendar_id,
        valid_from,
        valid_to,
        from_epoch,
        to_epoch,
        open_offset,
        case when interval_number > 1 then open_after_change + open_offset else {{ first_total }} end as open_from,
        coalesce(
            lead(open_after_change + open_offset) over (
                partition by ticket_number, holidays_apply order by interval_number
            ),
            {{ last_total }}
        ) as open_to
    from chained

)

select * from bounded
