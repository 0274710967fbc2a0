{#- What the figures of today's calls (S5) count, each with the primary team of the agent. -#}
{% macro summary_call_events() %}
with

calls as (

    select * from {{ ref('fct_calls').include(database=false) }}

),

calls_of_today as (

    select
        comparison_times.comparison_time,
        calls.team_key,
        calls.is_completed,
        calls.is_missed,
        calls.duration_seconds
    from calls
    {{ of_today('calls', 'started') }}

),

events as (

    select
        comparison_time,
        team_key,
        'completed_calls' as figure,
        1 as amount
    from calls_of_today
    where is_completed
    union all
    select
        comparison_time,
        team_key,
        'total_call_duration' as figure,
        duration_seconds as amount
    from calls_of_today
    where is_completed
    union all
    select
        comparison_time,
        team_key,
        'missed_calls' as figure,
        1 as amount
    from calls_of_today
    where is_missed

)

select * from events
{% endmacro %}
