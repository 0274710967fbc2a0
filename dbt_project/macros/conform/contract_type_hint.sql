{#- What a value that is not of a contract type is told. -#}
{% macro contract_type_hint(type) -%}
    {{ {
        'timestamp': 'not an ISO 8601 time with an offset',
        'date': 'not a date (YYYY-MM-DD)',
        'boolean': 'not one of true, false, 1, 0',
        'integer': 'not a whole number',
        'number': 'not a number',
        'json': 'not valid JSON',
    }[type] }}
{%- endmacro %}
