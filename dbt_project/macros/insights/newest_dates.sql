{#- The newest date of each report by its id, as a literal. It is that of the last complete day and later; if
    there is none, that of the dates that insights use; else that of all dates. A view without a narrow filter
    groups its whole fact, so the dates are literals, as in insight_dates. -#}
{% macro newest_dates(reports) %}
    {%- set newest = {} -%}
    {%- set dates = insight_dates() -%}
    {%- for first in [dates.last, dates.first, none] if dates -%}
        {%- set queries = [] -%}
        {%- for report in reports if report.id not in newest -%}
            {%- do queries.append(
                "select '" ~ report.id ~ "', max(report_date) from " ~ report.relation
                ~ (" where report_date >= " ~ first if first else "")
            ) -%}
        {%- endfor -%}
        {%- if queries -%}
            {%- for row in run_query(queries | join(' union all ')).rows if row[1] -%}
                {%- do newest.update({row[0]: "date '" ~ (row[1] ~ '')[:10] ~ "'"}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(newest) }}
{% endmacro %}
