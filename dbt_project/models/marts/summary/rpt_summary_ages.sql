with

figures as (

    select
        listed.age,
        listed.position,
        'count' as unit
    from (
        values
        ('age_under_1_day', 1),
        ('age_1_to_3_days', 2),
        ('age_3_to_7_days', 3),
        ('age_7_to_30_days', 4),
        ('age_over_30_days', 5)
    ) as listed (age, position)

),

events as (

    {{ summary_age_events() }}

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
