{#- Text to a value of a contract type other than an instant; null where the text is not one.
    Whole numbers may come with a zero fraction (a nullable integer column of many tools). -#}
{% macro parse_value(column, data_type) -%}
    {{ adapter.dispatch('parse_value')(column, data_type) }}
{%- endmacro %}

{% macro duckdb__parse_value(column, data_type) -%}
    {%- if data_type == 'boolean' -%}
    case lower({{ column }}) when 'true' then true when '1' then true when 'false' then false when '0' then false end
    {%- elif data_type == 'integer' -%}
    case
        when regexp_matches({{ column }}, '^[+-]?[0-9]+([.]0+)?$') then try_cast({{ column }} as bigint)
    end
    {%- elif data_type == 'number' -%}
    case
        when regexp_matches({{ column }}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$')
            -- What is too large for the type becomes infinite there, not null.
            then case when isfinite(try_cast({{ column }} as double)) then try_cast({{ column }} as double) end
    end
    {%- elif data_type == 'date' -%}
    case
        when regexp_matches({{ column }}, '^[0-9]{4}-[0-9]{2}-[0-9]{2}$') then try_cast({{ column }} as date)
    end
    {%- elif data_type == 'json' -%}
    case when json_valid({{ column }}) then {{ column }} end
    {%- else -%}
    {{ exceptions.raise_compiler_error('unknown contract type ' ~ data_type ~ ' of column ' ~ column) }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__parse_value(column, data_type) -%}
    {%- if data_type == 'boolean' -%}
    case lower({{ column }}) when 'true' then true when '1' then true when 'false' then false when '0' then false end
    {%- elif data_type == 'integer' -%}
    case
        when {{ column }} rlike '^[+-]?[0-9]+([.]0+)?\\z'
            then try_cast(regexp_replace({{ column }}, '[.]0+\\z', '') as bigint)
    end
    {%- elif data_type == 'number' -%}
    case
        when {{ column }} rlike '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\\z'
            -- What is too large for the type becomes infinite there, not null.
            then case
                when abs(try_cast({{ column }} as double)) < double('infinity')
                    then try_cast({{ column }} as double)
            end
    end
    {%- elif data_type == 'date' -%}
    case
        when {{ column }} rlike '^[0-9]{4}-[0-9]{2}-[0-9]{2}\\z' then try_cast({{ column }} as date)
    end
    {%- elif data_type == 'json' -%}
    case when {{ is_json(column) }} then {{ column }} end
    {%- else -%}
    {{ exceptions.raise_compiler_error('unknown contract type ' ~ data_type ~ ' of column ' ~ column) }}
    {%- endif -%}
{%- endmacro %}
