with

schedules as (

    select * from {{ ref('base_zendesk__schedules') }}

),

zones as (

    {{ rails_time_zones() }}

),

windows as (

    {{ json_records(
        'schedules', ['id', 'time_zone', '_file', '_row'], 'intervals', ['start_time', 'end_time']
    ) }}

),

-- Minutes count from Sunday, midnight; a window lies within a day and may end with it.
numbered as (

    select
        *,
        try_cast(record_start_time as integer) as start_minute,
        try_cast(record_end_time as integer) as end_minute
    from windows

),

placed as (

    select
        *,
        start_minute - start_minute % 1440 as day_minute
    from numbered

),

described as (

    select
        placed.id,
        placed.day_minute,
        placed.start_minute,
        placed.end_minute,
        -- A name that is not known is shown as it is, and refused.
        coalesce(zones.iana_name, placed.time_zone) as zone_name,
        placed._file,
        {{ part_of_row('placed._row', 'placed.record_number') }} as _row
    from placed
    left join zones
        on placed.time_zone = zones.rails_name

),

shaped as (

    select
        {{ shaped_as('business_hours', {
            'schedule_id': 'id',
            'weekday': 'cast(case when day_minute = 0 then 7 else ' ~ whole_times('day_minute', 1440) ~ ' end as string)',
            'start_minute': 'cast(start_minute - day_minute as string)',
            'end_minute': 'cast(end_minute - day_minute as string)',
            'timezone': 'zone_name',
        }) }}
    from described

)

select * from shaped
