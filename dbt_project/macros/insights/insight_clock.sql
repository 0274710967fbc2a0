{#- as_of for insights, in one row: `last_date` is the last complete date, `first_date` the first that they use. -#}
{% macro insight_clock() %}
{%- set days = 7 * insight_rules().history_weeks -%}
    select
        compared_at as as_of,
        compared_date as as_of_date,
        {{ days_later('compared_date', -1) }} as last_date,
        {{ days_later('compared_date', -days) }} as first_date
    from {{ ref('dim_comparison_times') }}
    where comparison_time = 'as_of'
{% endmacro %}
