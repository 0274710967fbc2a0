{#- The engine's name of a type as contracts write it. -#}
{% macro stored_type(data_type) -%}
    {{ return(adapter.dispatch('stored_type')(data_type)) }}
{%- endmacro %}

{% macro duckdb__stored_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{% macro spark__stored_type(data_type) -%}
    {{ return({
        'varchar': 'string',
        'timestamp': 'timestamp_ntz',
        'bigint[]': 'array<bigint>',
        'varchar[]': 'array<string>',
    }.get(data_type, data_type)) }}
{%- endmacro %}
