{#- Any text as a literal of SQL. -#}
{% macro text_literal(value) -%}
    {{ return(adapter.dispatch('text_literal')(value | string)) }}
{%- endmacro %}

{% macro duckdb__text_literal(value) -%}
    {{ return("'" ~ value | replace("'", "''") ~ "'") }}
{%- endmacro %}

{#- Spark reads a backslash as the start of an escape. -#}
{% macro spark__text_literal(value) -%}
    {{ return("'" ~ value | replace("\\", "\\\\") | replace("'", "\\'") ~ "'") }}
{%- endmacro %}
