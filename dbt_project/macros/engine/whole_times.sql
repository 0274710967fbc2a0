{#- The quotient of two whole numbers, without the remainder. -#}
{% macro whole_times(number, part) -%}
    {{ return(adapter.dispatch('whole_times')(number, part)) }}
{%- endmacro %}

{% macro duckdb__whole_times(number, part) -%}
    {{ return(number ~ ' // ' ~ part) }}
{%- endmacro %}

{% macro spark__whole_times(number, part) -%}
    {{ return(number ~ ' div ' ~ part) }}
{%- endmacro %}
