{#- The values of a list as one text, with `; ` or the SQL text `separator` between them. -#}
{% macro joined_values(list, separator="'; '") -%}
    {{ return(adapter.dispatch('joined_values')(list, separator)) }}
{%- endmacro %}

{% macro duckdb__joined_values(list, separator) -%}
    {{ return('array_to_string(' ~ list ~ ', ' ~ separator ~ ')') }}
{%- endmacro %}

{% macro spark__joined_values(list, separator) -%}
    {{ return('array_join(' ~ list ~ ', ' ~ separator ~ ')') }}
{%- endmacro %}
