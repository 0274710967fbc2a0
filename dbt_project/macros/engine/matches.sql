{#- True if a pattern, in either case, matches a text to its end. -#}
{% macro matches(column, pattern) -%}
    {{ return(adapter.dispatch('matches')(column, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches(column, pattern) -%}
    {{ return("regexp_matches(" ~ column ~ ", '(?i)" ~ pattern ~ "$')") }}
{%- endmacro %}

{% macro spark__matches(column, pattern) -%}
    {{ return(column ~ " rlike '(?i)" ~ pattern ~ "\\\\z'") }}
{%- endmacro %}
