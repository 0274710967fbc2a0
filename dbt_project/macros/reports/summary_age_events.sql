{#- The open tickets at each comparison time by their age then (S7), each with its team at that time. -#}
{% macro summary_age_events() %}
with

ages as (

    select
        listed.age,
        listed.first_second,
        listed.end_second
    from (
        values
        ('age_under_1_day', 0, 86400),
        ('age_1_to_3_days', 86400, 259200),
        ('age_3_to_7_days', 259200, 604800),
        ('age_7_to_30_days', 604800, 2592000),
        ('age_over_30_days', 2592000, null)
    ) as listed (age, first_second, end_second)

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
        open_tickets.team_key,
        {{ seconds_between('open_tickets.created_at', 'comparison_times.compared_at') }} as age_seconds
    from open_tickets
    inner join comparison_times
        on open_tickets.comparison_time = comparison_times.comparison_time

),

events as (

    select
        aged.comparison_time,
        aged.team_key,
        ages.age,
        1 as amount
    from aged
    inner join ages
        on
            aged.age_seconds >= ages.first_second
            and aged.age_seconds < coalesce(ages.end_second, aged.age_seconds + 1)

)

select * from events
{% endmacro %}
