{#- True if the text is the name of an IANA time zone that the engine supports. -#}
{% macro is_timezone(name) -%}
    {{ return(adapter.dispatch('is_timezone')(name)) }}
{%- endmacro %}

{% macro duckdb__is_timezone(name) -%}
    {{ return(name ~ ' in (select zones.name from pg_timezone_names() as zones)') }}
{%- endmacro %}

{#- Spark has no list of time zones: a text is one if a time can be converted with it, except for bare offsets. -#}
{% macro spark__is_timezone(name) -%}
    {{ return(
        "case when " ~ name ~ " is not null then " ~ name ~ " rlike '^[A-Za-z][A-Za-z0-9_+/-]*[A-Za-z0-9]$'"
        ~ " and (not " ~ name ~ " rlike '^(UTC|UT|GMT)([+-].*)?$' or " ~ name ~ " in ('UTC', 'GMT', 'GMT+0', 'GMT-0'))"
        ~ " and try_cast('2000-01-01 00:00:00 ' || " ~ name ~ " as timestamp_ltz) is not null end"
    ) }}
{%- endmacro %}
