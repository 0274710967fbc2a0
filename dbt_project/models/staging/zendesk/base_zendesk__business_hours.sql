with

schedules as (

    select * from {{ ref('base_zendesk__schedules') }}

),

windows as (

    {{ json_records(
        'schedules',
        ['id', 'zone_name', 'is_default', '_file', '_row'],
        'intervals',
        ['start_time', 'end_time']
    ) }}

),

-- Minutes count from Sunday, midnight.
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
        start_minute - start_minute % 1440 as first_day_minute
    from numbered

),

-- A window of more than a day becomes one window a day. An invalid window stays as it is, and is rejected.
cut as (
    {% for day in range(8) %}
    select
        id,
        zone_name,
        is_default,
        first_day_minute + {{ 1440 * day }} as day_minute,
        {{ 'start_minute' if loop.first else 'first_day_minute + ' ~ 1440 * day }} as start_minute,
        {% if loop.first -%}
        case
            when start_minute >= 0 and end_minute <= 20160
                then least(end_minute, first_day_minute + 1440)
            else end_minute
        end as end_minute,
        {%- else -%}
        least(end_minute, first_day_minute + {{ 1440 * day + 1440 }}) as end_minute,
        {%- endif %}
        _file,
        {{ part_of_row('_row', 'record_number * 10 + ' ~ day) }} as _row
    from placed
    {%- if not loop.first %}
    where
        start_minute >= 0
        and end_minute <= 20160
        and end_minute > first_day_minute + {{ 1440 * day }}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Windows with the same start are one, because overlapping hours count once.
weekdays as (

    select
        id,
        zone_name,
        is_default,
        {{ whole_times('day_minute', 1440) }} % 7 as weekday_from_sunday,
        start_minute - day_minute as start_minute,
        max(end_minute - day_minute) as end_minute,
        _file,
        min(_row) as _row
    from cut
    group by
        id,
        zone_name,
        is_default,
        {{ whole_times('day_minute', 1440) }} % 7,
        start_minute - day_minute,
        _file

),

shaped as (

    select
        {{ shaped_as('business_hours', {
            'schedule_id': 'id',
            'weekday': 'cast(case when weekday_from_sunday = 0 then 7 else weekday_from_sunday end as string)',
            'start_minute': 'cast(start_minute as string)',
            'end_minute': 'cast(end_minute as string)',
            'timezone': 'zone_name',
            'is_default': 'cast(is_default as string)',
        }) }}
    from weekdays

)

select * from shaped
