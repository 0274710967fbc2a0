{#- A time in ISO 8601 or in milliseconds since 1970, as ISO 8601. -#}
{% macro iso_instant(value) -%}
    {{ adapter.dispatch('iso_instant')(value) }}
{%- endmacro %}

{% macro duckdb__iso_instant(value) -%}
    case
        when regexp_matches({{ value }}, '^-?[0-9]{1,15}$')
            then strftime(make_timestamp(cast({{ value }} as bigint) * 1000), '%Y-%m-%dT%H:%M:%S.%fZ')
        else {{ value }}
    end
{%- endmacro %}

{% macro spark__iso_instant(value) -%}
    case
        when {{ value }} rlike '^-?[0-9]{1,15}$'
            then date_format(timestamp_millis(cast({{ value }} as bigint)), 'yyyy-MM-dd') || 'T'
                || date_format(timestamp_millis(cast({{ value }} as bigint)), 'HH:mm:ss.SSSSSS') || 'Z'
        else {{ value }}
    end
{%- endmacro %}
