with

figures as (

    select
        listed.age,
        listed.position,
        listed.first_second,
        listed.last_second,
        'count' as unit
    from (
        values
        ('age_under_1_day', 1, 0, 86399),
        ('age_1_to_3_days', 2, 86400, 259199),
        ('age_3_to_7_days', 3, 259200, 604799),
        ('age_7_to_30_days', 4, 604800, 2591999),
        ('age_over_30_days', 5, 2592000, null)
    ) as listed (age, position, first_second, last_second)

),

comparison_times as (

    select * from {{ ref('dim_comparison_times').include(database=false) }}

),

open_tickets as (

    {{ open_tickets() }}

),

aged as (

    select
        open_tickets.comparison_time,
        {{ seconds_between('open_tickets.created_at', 'comparison_times.compared_at') }} as age_seconds
    from open_tickets
    inner join comparison_times
        on open_tickets.comparison_time = comparison_times.comparison_time

),

events as (

    select
        aged.comparison_time,
        figures.age,
        1 as amount
    from aged
    inner join figures
        on aged.age_seconds between figures.first_second and coalesce(figures.last_second, aged.age_seconds)

),

summed as (

    {{ summary_figures('figures', 'events', ['age']) }}

)

select
    age,
    cast(position as bigint) as position,
    unit,
    value,
    n,
    comparison_value,
    comparison_n,
    as_of,
    comparison_as_of
from summed
