{#- A text without the blanks around it: spaces, tabs, line ends and no-break spaces. -#}
{% macro trimmed(column) -%}
    {{ return(adapter.dispatch('trimmed')(column, "' ' || chr(9) || chr(10) || chr(13) || chr(160)")) }}
{%- endmacro %}

{% macro duckdb__trimmed(column, blanks) -%}
    {{ return('trim(' ~ column ~ ', ' ~ blanks ~ ')') }}
{%- endmacro %}

{% macro spark__trimmed(column, blanks) -%}
    {{ return('btrim(' ~ column ~ ', ' ~ blanks ~ ')') }}
{%- endmacro %}
