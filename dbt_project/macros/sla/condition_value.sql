{#- The text of an own field's value for comparison in conditions: numbers and booleans by value, any other text
    as it is. -#}
{% macro condition_value(field, text) -%}
    {%- if field.type in ('number', 'boolean') -%}
    coalesce(cast({{ parse_value(text, field.type) }} as string), {{ text }})
    {%- else -%}
    {{ text }}
    {%- endif -%}
{%- endmacro %}
