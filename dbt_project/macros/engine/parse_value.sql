{#- Text to a value of a contract type other than a time; null if the text is not one. Case and surrounding
    blanks are ignored. A whole number can have a zero fraction, and true can be 1.0 (nullable columns of many
    tools). A date can be the midnight of its start. -#}
{% macro parse_value(column, data_type) -%}
    {%- set text = trimmed(column) -%}
    {%- if data_type == 'boolean' -%}
    {#- The cheap spellings first. -#}
    case
        {%- for spelling in [column, 'lower(' ~ column ~ ')', 'lower(' ~ text ~ ')'] %}
        when {{ spelling }} in ('true', '1', '1.0') then true
        when {{ spelling }} in ('false', '0', '0.0') then false
        {%- endfor %}
    end
    {%- elif data_type == 'date' -%}
    {%- set digits = "replace(left(" ~ text ~ ", 10), '-', '')" -%}
    case
        when {{ matches(text, time_patterns().day) }}
            then try_cast(
                left({{ digits }}, 4) || '-' || substr({{ digits }}, 5, 2) || '-' || substr({{ digits }}, 7, 2)
                as date
            )
    end
    {%- else -%}
    {{ adapter.dispatch('parse_value')(column, data_type) }}
    {%- endif -%}
{%- endmacro %}

{% macro duckdb__parse_value(column, data_type) -%}
    {%- set text = trimmed(column) -%}
    {%- if data_type == 'integer' -%}
    {%- set whole = "'^[+-]?[0-9]+([.]0+)?$'" -%}
    case
        when regexp_matches({{ column }}, {{ whole }}) then try_cast({{ column }} as bigint)
        when regexp_matches({{ text }}, {{ whole }}) then try_cast({{ text }} as bigint)
    end
    {%- elif data_type == 'number' -%}
    case
        when regexp_matches({{ text }}, '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$')
            -- What is too large for the type becomes infinite there, not null.
            then case when isfinite(try_cast({{ text }} as double)) then try_cast({{ text }} as double) end
    end
    {%- elif data_type == 'json' -%}
    case when json_valid({{ column }}) then {{ column }} end
    {%- else -%}
    {{ exceptions.raise_compiler_error('unknown contract type ' ~ data_type ~ ' of column ' ~ column) }}
    {%- endif -%}
{%- endmacro %}

{% macro spark__parse_value(column, data_type) -%}
    {%- set text = trimmed(column) -%}
    {%- if data_type == 'integer' -%}
    case
        when {{ text }} rlike '^[+-]?[0-9]+([.]0+)?\\z'
            then try_cast(regexp_replace({{ text }}, '[.]0+\\z', '') as bigint)
    end
    {%- elif data_type == 'number' -%}
    case
        when {{ text }} rlike '^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\\z'
            -- What is too large for the type becomes infinite there, not null.
            then case
                when abs(try_cast({{ text }} as double)) < double('infinity')
                    then try_cast({{ text }} as double)
            end
    end
    {%- elif data_type == 'json' -%}
    case when {{ is_json(column) }} then {{ column }} end
    {%- else -%}
    {{ exceptions.raise_compiler_error('unknown contract type ' ~ data_type ~ ' of column ' ~ column) }}
    {%- endif -%}
{%- endmacro %}
