{#- How often a whole number goes into another, what is left over cut off. -#}
{% macro whole_times(number, part) -%}
    {{ return(adapter.dispatch('whole_times')(number, part)) }}
{%- endmacro %}

{% macro duckdb__whole_times(number, part) -%}
    {{ return(number ~ ' // ' ~ part) }}
{%- endmacro %}

{% macro spark__whole_times(number, part) -%}
    {{ return(number ~ ' div ' ~ part) }}
{%- endmacro %}
