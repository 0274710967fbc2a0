{#- A value as part of an address: what is neither a letter, a digit nor one of - . _ ~ is escaped. -#}
{% macro url_part(value) -%}
    {{ return(adapter.dispatch('url_part')(value)) }}
{%- endmacro %}

{% macro duckdb__url_part(value) -%}
    {{ return('url_encode(' ~ value ~ ')') }}
{%- endmacro %}

{#- Spark escapes as forms do. -#}
{% macro spark__url_part(value) -%}
    {{ return("replace(replace(replace(url_encode(" ~ value ~ "), '+', '%20'), '*', '%2A'), '%7E', '~')") }}
{%- endmacro %}
