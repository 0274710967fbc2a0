{#- No column is null in any row, by one scan for all of them. Returns the columns with nulls, with their number
    of rows. -#}
{% test not_null_columns(model, columns) %}
with

counted as (

    select
        {%- for column in columns %}
        sum(case when {{ column }} is null then 1 else 0 end) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

)
{% for column in columns %}
select
    '{{ column }}' as column_name,
    {{ column }} as rows_without
from counted
where {{ column }} > 0
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{% endtest %}
