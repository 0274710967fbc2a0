{#- True if the text names an IANA time zone that the engine knows. -#}
{% macro is_timezone(name) -%}
    {{ return(adapter.dispatch('is_timezone')(name)) }}
{%- endmacro %}

{% macro duckdb__is_timezone(name) -%}
    {{ return(name ~ ' in (select zones.name from pg_timezone_names() as zones)') }}
{%- endmacro %}
