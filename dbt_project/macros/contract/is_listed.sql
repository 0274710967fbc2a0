{#- True if one of the columns has one of the values; never true without values. -#}
{% macro is_listed(columns, values) -%}
    {%- set listed = [] -%}
    {%- for value in values -%}
        {%- do listed.append(dbt.string_literal(dbt.escape_single_quotes(value))) -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for column in columns if listed -%}
        {%- do conditions.append(column ~ ' in (' ~ listed | join(', ') ~ ')') -%}
    {%- endfor -%}
    {{ return('(' ~ conditions | join(' or ') ~ ')' if conditions else 'false') }}
{%- endmacro %}
