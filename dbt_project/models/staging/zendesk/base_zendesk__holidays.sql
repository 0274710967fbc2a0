with

schedule_holidays as (

    select * from {{ source('zendesk', 'schedule_holidays') }}

),

schedules as (

    select * from {{ ref('base_zendesk__schedules') }}

),

newest as (

    {{ newest_rows('schedule_holidays') }}

),

described as (

    select
        newest.schedule_id,
        newest.start_date,
        newest.end_date,
        newest.name,
        schedules.zone_name,
        {% for column in ['start_date', 'end_date'] -%}
        {{ parse_value('newest.' ~ column, 'date') }} as {{ column }}_as_date,
        case when schedules.has_known_zone then {{ parse_instant('newest.' ~ column) }} end
            as {{ column }}_as_instant,
        {% endfor -%}
        newest._file,
        newest._row
    from newest
    left join schedules
        on newest.schedule_id = schedules.id
    where newest._gone_at is null

),

-- A time other than midnight counts on its local date, because a loader can write local midnights as UTC times.
dated as (

    select
        schedule_id,
        name,
        {% for column in ['start_date', 'end_date'] -%}
        case
            when {{ column }}_as_date is null and {{ column }}_as_instant is not null
                then cast(
                    cast({{ wall_of_instant('zone_name', column ~ '_as_instant') }} as date) as string
                )
            else {{ column }}
        end as {{ column }},
        {% endfor -%}
        _file,
        _row
    from described

),

shaped as (

    select
        {{ shaped_as('holidays', {
            'schedule_id': 'schedule_id',
            'start_date': 'start_date',
            'end_date': 'end_date',
            'name': 'name',
        }) }}
    from dated

)

select * from shaped
