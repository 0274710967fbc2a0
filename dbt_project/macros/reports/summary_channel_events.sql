{#- The tickets of each channel that were opened today or are open (S4), each with its team as in S1. -#}
{% macro summary_channel_events() %}
with

tickets as (

    select * from {{ ref('fct_tickets').include(database=false) }}
    where not is_excluded

),

open_tickets as (

    {{ open_tickets() }}

),

events as (

    select
        comparison_times.comparison_time,
        tickets.channel_key,
        tickets.team_key,
        'opened_today' as figure,
        1 as amount
    from tickets
    {{ of_today('tickets', 'created') }}
    union all
    select
        comparison_time,
        channel_key,
        team_key,
        'open_now' as figure,
        1 as amount
    from open_tickets

)

select * from events
{% endmacro %}
