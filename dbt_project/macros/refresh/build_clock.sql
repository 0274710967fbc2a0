{#- The build as one row, with its clock read off column `as_of` of its book, or off `previous_as_of`. -#}
{% macro build_clock(instant) %}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

clocks as (

    select
        build_id,
        started_at,
        {{ instant }} as as_of,
        {{ report_date(instant) }} as as_of_date,
        {{ day_before(instant) }} as day_before_at,
        {{ report_date(day_before(instant)) }} as day_before_date
    from builds

)

select * from clocks
{% endmacro %}
