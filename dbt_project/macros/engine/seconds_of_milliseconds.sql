{#- The text of a number of milliseconds as whole seconds; a text that is not a number stays as it is. -#}
{% macro seconds_of_milliseconds(column) -%}
    {{ return(adapter.dispatch('seconds_of_milliseconds')(column)) }}
{%- endmacro %}

{% macro duckdb__seconds_of_milliseconds(column) -%}
    {{ return("coalesce(cast(try_cast(" ~ column ~ " as bigint) // 1000 as varchar), " ~ column ~ ")") }}
{%- endmacro %}

{% macro spark__seconds_of_milliseconds(column) -%}
    {{ return("coalesce(cast(try_cast(" ~ column ~ " as bigint) div 1000 as string), " ~ column ~ ")") }}
{%- endmacro %}
