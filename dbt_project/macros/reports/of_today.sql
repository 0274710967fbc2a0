{#- Joins the comparison times of the summary page by which an event had happened on their own date. `event` is a
    column pair of `relation`, <event>_at and <event>_date. -#}
{% macro of_today(relation, event) -%}
    inner join {{ ref('dim_comparison_times').include(database=false) }} as comparison_times
        on
            {{ relation }}.{{ event }}_date = comparison_times.compared_date
            and {{ relation }}.{{ event }}_at <= comparison_times.compared_at
{%- endmacro %}
