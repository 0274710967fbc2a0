{#- Joins the times by which an event had happened on their own date, by default the comparison times of the summary
    page. `event` is a column pair of `relation`, <event>_at and <event>_date. -#}
{% macro of_today(relation, event, times=none) -%}
    inner join {{ times or ref('dim_comparison_times').include(database=false) }} as comparison_times
        on
            {{ relation }}.{{ event }}_date = comparison_times.compared_date
            and {{ relation }}.{{ event }}_at <= comparison_times.compared_at
{%- endmacro %}
