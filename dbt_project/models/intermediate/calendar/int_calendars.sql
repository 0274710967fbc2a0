with

windows as (

    select * from {{ ref('int_business_hours_valid') }}

),

schedules as (

    select distinct
        source_system,
        schedule_id
    from windows

),

switches as (

    select true as holidays_apply
    union all
    select false as holidays_apply

),

numbered as (

    select
        schedules.source_system,
        schedules.schedule_id,
        switches.holidays_apply,
        cast(
            row_number() over (
                order by schedules.source_system, schedules.schedule_id, switches.holidays_apply
            ) as integer
        ) as calendar_id
    from schedules
    cross join switches

)

select * from numbered
