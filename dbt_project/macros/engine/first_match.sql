{#- The first match of the one group of a regular expression in a text; null without a match. -#}
{% macro first_match(text, pattern) -%}
    {{ return(adapter.dispatch('first_match')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__first_match(text, pattern) -%}
    {{ return("nullif(regexp_extract(" ~ text ~ ", '" ~ pattern ~ "', 1), '')") }}
{%- endmacro %}

{% macro spark__first_match(text, pattern) -%}
    {{ return("nullif(regexp_extract(" ~ text ~ ", '" ~ pattern ~ "', 1), '')") }}
{%- endmacro %}
