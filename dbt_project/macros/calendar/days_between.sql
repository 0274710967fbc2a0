{#- Days from one date to another. -#}
{% macro days_between(start, end) -%}
    {{ return(dbt.datediff(start, end, 'day')) }}
{%- endmacro %}
