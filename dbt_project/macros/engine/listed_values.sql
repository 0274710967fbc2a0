{#- The values in a text that is a JSON list or has `separator` between them: trimmed, without duplicates, in
    order; null without any. With `condition`, SQL in which `one` is a value, only those that satisfy it. -#}
{% macro listed_values(text, separator, condition='true') -%}
    {{ return(adapter.dispatch('listed_values')(text, separator, condition)) }}
{%- endmacro %}

{% macro duckdb__listed_values(text, separator, condition) -%}
    {%- set parts -%}
        coalesce(
            case when ltrim({{ text }}) like '[%' then try(from_json({{ text }}, '["VARCHAR"]')) end,
            string_split({{ text }}, '{{ separator }}')
        )
    {%- endset -%}
    {{ return(
        'nullif(list_sort(list_distinct(list_filter(list_transform(' ~ parts ~ ', lambda one : ' ~ trimmed('one')
        ~ "), lambda one : one <> '' and " ~ condition ~ '))), [])'
    ) }}
{%- endmacro %}

{% macro spark__listed_values(text, separator, condition) -%}
    {%- set parts -%}
        coalesce(
            case when ltrim({{ text }}) like '[%' and {{ is_json(text) }} then from_json({{ text }}, 'array<string>') end,
            split({{ text }}, '[{{ separator }}]')
        )
    {%- endset -%}
    {{ return(
        'nullif(array_sort(array_distinct(filter(transform(' ~ parts ~ ', one -> ' ~ trimmed('one')
        ~ "), one -> one <> '' and " ~ condition ~ '))), cast(array() as array<string>))'
    ) }}
{%- endmacro %}
