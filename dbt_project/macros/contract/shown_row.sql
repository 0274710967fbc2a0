{#- The visible part of a rejected row `staged` of a contract table: values that are known to be harmless, or all
    if the settings show personal data. Returns a dict: `columns`, the SQL of each column by name, and `key`, a
    list of the SQL of the parts of its key. A key part that was parsed as a time or a number is shown as parsed. -#}
{% macro shown_row(table) %}
    {%- set shown = {'columns': {}, 'key': []} -%}
    {%- for column in contract_columns(table) | rejectattr('is_own') -%}
        {%- set value = shown_value(column, contract_columns(table), 'staged') -%}
        {%- do shown.columns.update({column.name: value}) -%}
        {%- if column.key -%}
            {%- set is_typed = column.type is defined and column.type != 'string' -%}
            {%- set part = 'cast(staged.' ~ adapter.quote(column.name) ~ ' as string)' if is_typed else value -%}
            {%- do shown.key.append('coalesce(' ~ part ~ ", '')") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(shown) }}
{% endmacro %}
