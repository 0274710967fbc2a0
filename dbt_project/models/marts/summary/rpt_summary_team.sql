with

figures as (

    select
        listed.figure,
        listed.position,
        listed.unit
    from (
        values
        ('tickets_opened', 1, 'count'),
        ('tickets_open', 2, 'count'),
        ('tickets_closed', 3, 'count'),
        ('first_response_time', 4, 'duration'),
        ('time_to_close', 5, 'duration'),
        ('csat', 6, 'percent')
    ) as listed (figure, position, unit)

),

events as (

    {{ summary_team_events() }}

),

summed as (

    {{ summary_figures('figures', 'events', ['figure']) }}

),

-- A mean or share without rows is null; a count is 0.
averaged as (

    select
        figure,
        cast(position as bigint) as position,
        unit,
        {% for prefix in ['', 'comparison_'] -%}
        case
            when unit = 'count' then {{ prefix }}value
            else {{ prefix }}value / nullif({{ prefix }}n, 0)
        end as {{ prefix }}value,
        {{ prefix }}n,
        {% endfor -%}
        as_of,
        comparison_as_of
    from summed

)

select * from averaged
