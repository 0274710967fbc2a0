with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

property_intervals as (

    select * from {{ ref('int_ticket_property_history') }}
    where field in ('pipeline', 'schedule')

),

pipelines as (

    select * from {{ ref('int_pipelines_valid') }}

),

calendars as (

    select * from {{ ref('int_calendars') }}
    where holidays_apply

),

-- The default schedule of each source.
default_schedules as (

    select
        source_system,
        max(schedule_id) as schedule_id
    from {{ ref('int_business_hours_valid') }}
    where is_default
    group by source_system

),

-- A ticket without history of a property has one interval over all time.
pipeline_intervals as (

    select
        tickets.source_system,
        tickets.ticket_number,
        case
            when property_intervals.ticket_number is null then tickets.pipeline_id
            else property_intervals.value
        end as pipeline_id,
        coalesce(property_intervals.valid_from, {{ beginning_of_time() }}) as valid_from,
        coalesce(property_intervals.valid_to, {{ end_of_time() }}) as valid_to
    from tickets
    left join property_intervals
        on
            tickets.ticket_number = property_intervals.ticket_number
            and property_intervals.field = 'pipeline'

),

overlaid as (

    select
        pipeline_intervals.source_system,
        pipeline_intervals.ticket_number,
        property_intervals.value as own_schedule_id,
        pipeline_intervals.pipeline_id,
        greatest(
            pipeline_intervals.valid_from,
            coalesce(property_intervals.valid_from, {{ beginning_of_time() }})
        ) as valid_from,
        least(
            pipeline_intervals.valid_to, coalesce(property_intervals.valid_to, {{ end_of_time() }})
        ) as valid_to
    from pipeline_intervals
    left join property_intervals
        on
            pipeline_intervals.ticket_number = property_intervals.ticket_number
            and property_intervals.field = 'schedule'

),

assigned as (

    select
        overlaid.source_system,
        overlaid.ticket_number,
        calendars.calendar_id,
        overlaid.valid_from,
        overlaid.valid_to
    from overlaid
    left join pipelines
        on
            overlaid.source_system = pipelines.source_system
            and overlaid.pipeline_id = pipelines.pipeline_id
    left join default_schedules
        on overlaid.source_system = default_schedules.source_system
    left join calendars
        on
            overlaid.source_system = calendars.source_system
            and coalesce(
                overlaid.own_schedule_id,
                pipelines.schedule_id,
                default_schedules.schedule_id,
                nullif('{{ var("default_schedule_id") }}', '')
            ) = calendars.schedule_id
    where overlaid.valid_from < overlaid.valid_to

),

sequenced as (

    select
        *,
        {{ epoch_seconds('valid_from') }} as from_epoch,
        row_number() over by_time as interval_number,
        lag(calendar_id) over by_time as previous_calendar_id,
        count(*) over (partition by ticket_number) as interval_count
    from assigned
    window by_time as (partition by ticket_number order by valid_from)

),

-- Where the calendar changes, the offset removes the difference between the totals of the two calendars, so that the
-- ticket's open seconds continue over the change.
stepped as (

    select
        sequenced.*,
        case
            when sequenced.interval_number = 1 then 0
            else
                {{ open_seconds_before('before_change', 'sequenced.from_epoch') }}
                - {{ open_seconds_before('after_change', 'sequenced.from_epoch') }}
        end as open_step
    from sequenced
    {{ calendar_join('before_change', 'sequenced.previous_calendar_id', 'sequenced.from_epoch') }}
    {{ calendar_join('after_change', 'sequenced.calendar_id', 'sequenced.from_epoch') }}

),

chained as (

    select
        source_system,
        ticket_number,
        calendar_id,
        valid_from,
        valid_to,
        interval_count,
        cast(
            sum(open_step) over (
                partition by ticket_number
                order by interval_number
                rows unbounded preceding
            ) as bigint
        ) as open_offset
    from stepped

)

select * from chained
