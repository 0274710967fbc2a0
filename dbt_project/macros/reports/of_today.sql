{#- Joins the moments of the summary page at which something had happened on their own date: `event` is a
    column pair of `relation`, <event>_at and <event>_date. -#}
{% macro of_today(relation, event) -%}
    inner join {{ ref('dim_moments') }} as moments
        on
            {{ relation }}.{{ event }}_date = moments.moment_date
            and {{ relation }}.{{ event }}_at <= moments.moment_at
{%- endmacro %}
