{#- The build's clock as insights count by it, in one row: `last_date` is the last date that is over, `first_date` the
    first that they look at. -#}
{% macro insight_clock() %}
{%- set days = 7 * insight_rules().history_weeks -%}
    select
        moment_at as as_of,
        moment_date as as_of_date,
        {{ days_later('moment_date', -1) }} as last_date,
        {{ days_later('moment_date', -days) }} as first_date
    from {{ ref('dim_moments') }}
    where moment = 'as_of'
{% endmacro %}
