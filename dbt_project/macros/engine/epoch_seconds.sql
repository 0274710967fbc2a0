{#- Whole seconds since 1970-01-01Z of a UTC instant, rounded down. -#}
{% macro epoch_seconds(instant) -%}
    {{ return(adapter.dispatch('epoch_seconds')(instant)) }}
{%- endmacro %}

{% macro duckdb__epoch_seconds(instant) -%}
    {{ return("date_diff('second', timestamp '1970-01-01 00:00:00', " ~ instant ~ ")") }}
{%- endmacro %}

{% macro spark__epoch_seconds(instant) -%}
    {{ return("unix_seconds(cast(" ~ instant ~ " as timestamp_ltz))") }}
{%- endmacro %}
