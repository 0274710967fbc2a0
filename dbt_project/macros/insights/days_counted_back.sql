{#- The days that insights look at, one row each: 0 is the last that is over, 1 the one before. Reads a CTE `clock`. -#}
{% macro days_counted_back() %}
    select {{ days_between('dated.date_day', 'dated.last_date') }} as number
    from (
        select
            last_date,
            {{ date_series('first_date', 'last_date') }} as date_day
        from clock
    ) as dated
{% endmacro %}
