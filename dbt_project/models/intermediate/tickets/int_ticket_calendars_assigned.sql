with

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

property_spells as (

    select * from {{ ref('int_ticket_property_spells_built') }}
    where field in ('pipeline', 'schedule')

),

pipelines as (

    select * from {{ ref('int_pipelines_unioned') }}

),

calendars as (

    select * from {{ ref('int_calendars_numbered') }}
    where holidays_apply

),

-- A ticket without history of a property has one stretch of it, since ever.
pipeline_spells as (

    select
        tickets.source_system,
        tickets.ticket_number,
        case
            when property_spells.ticket_number is null then tickets.row_pipeline_id
            else property_spells.value
        end as pipeline_id,
        coalesce(property_spells.valid_from, {{ beginning_of_time() }}) as valid_from,
        coalesce(property_spells.valid_to, {{ end_of_time() }}) as valid_to
    from tickets
    left join property_spells
        on
            tickets.ticket_number = property_spells.ticket_number
            and property_spells.field = 'pipeline'

),

overlaid as (

    select
        pipeline_spells.source_system,
        pipeline_spells.ticket_number,
        property_spells.value as own_schedule_id,
        pipeline_spells.pipeline_id,
        greatest(
            pipeline_spells.valid_from,
            coalesce(property_spells.valid_from, {{ beginning_of_time() }})
        ) as valid_from,
        least(
            pipeline_spells.valid_to, coalesce(property_spells.valid_to, {{ end_of_time() }})
        ) as valid_to
    from pipeline_spells
    left join property_spells
        on
            pipeline_spells.ticket_number = property_spells.ticket_number
            and property_spells.field = 'schedule'

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
    left join calendars
        on
            overlaid.source_system = calendars.source_system
            and coalesce(
                overlaid.own_schedule_id,
                pipelines.schedule_id,
                nullif('{{ var("default_schedule_id") }}', '')
            ) = calendars.schedule_id
    where overlaid.valid_from < overlaid.valid_to

),

sequenced as (

    select
        *,
        {{ epoch_seconds('valid_from') }} as from_epoch,
        row_number() over by_time as stretch_number,
        lag(calendar_id) over by_time as previous_calendar_id,
        count(*) over (partition by ticket_number) as stretch_count
    from assigned
    window by_time as (partition by ticket_number order by valid_from)

),

-- Where the calendar changes, what the new one counts more than the old one is taken off: the
-- ticket's own open seconds run on over the change.
stepped as (

    select
        sequenced.*,
        case
            when sequenced.stretch_number = 1 then 0
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
        stretch_count,
        cast(
            sum(open_step) over (
                partition by ticket_number
                order by stretch_number
                rows unbounded preceding
            ) as bigint
        ) as open_offset
    from stepped

)

select * from chained
