{#- An instant that is told as ISO 8601 or as milliseconds since 1970, as ISO 8601. -#}
{% macro iso_instant(told) -%}
    {{ adapter.dispatch('iso_instant')(told) }}
{%- endmacro %}

{% macro duckdb__iso_instant(told) -%}
    case
        when regexp_matches({{ told }}, '^-?[0-9]{1,15}$')
            then strftime(make_timestamp(cast({{ told }} as bigint) * 1000), '%Y-%m-%dT%H:%M:%S.%fZ')
        else {{ told }}
    end
{%- endmacro %}

{% macro spark__iso_instant(told) -%}
    case
        when {{ told }} rlike '^-?[0-9]{1,15}$'
            then date_format(timestamp_millis(cast({{ told }} as bigint)), 'yyyy-MM-dd') || 'T'
                || date_format(timestamp_millis(cast({{ told }} as bigint)), 'HH:mm:ss.SSSSSS') || 'Z'
        else {{ told }}
    end
{%- endmacro %}
