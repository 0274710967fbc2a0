{#- The UTC instant of whole seconds since 1970-01-01Z. -#}
{% macro instant_of_epoch(seconds) -%}
    {{ return(adapter.dispatch('instant_of_epoch')(seconds)) }}
{%- endmacro %}

{% macro duckdb__instant_of_epoch(seconds) -%}
    {{ return("make_timestamp((" ~ seconds ~ ") * 1000000)") }}
{%- endmacro %}

{% macro spark__instant_of_epoch(seconds) -%}
    {{ return("cast(timestamp_seconds(" ~ seconds ~ ") as timestamp_ntz)") }}
{%- endmacro %}
