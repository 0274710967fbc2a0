{#- Both comparison times of the summary page in one row. -#}
{% macro summary_times() %}
    select
        max(case when comparison_time = 'as_of' then compared_at end) as as_of,
        max(case when comparison_time = 'day_before' then compared_at end) as comparison_as_of
    from {{ ref('dim_comparison_times').include(database=false) }}
{% endmacro %}
