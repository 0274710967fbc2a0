with

figures as (

    {{ summary_team_figures() }}

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
