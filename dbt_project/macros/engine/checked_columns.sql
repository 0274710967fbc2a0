{#- The columns of a contract, cast to its types, with its constraints where `is_checked`. The constraints are
    not conditions of the query, because Spark could check them before a join drops the row. -#}
{% macro spark__checked_columns(sql, is_checked) %}
    {%- set checks = model.constraints | selectattr('type', 'equalto', 'check') | list if is_checked else [] -%}
    select
        {%- for column in model.columns.values() %}
        {%- set name = adapter.quote(column.name) -%}
        {%- set value = 'cast(' ~ name ~ ' as ' ~ stored_type(column.data_type) ~ ')' -%}
        {%- if is_checked and column.constraints | selectattr('type', 'equalto', 'not_null') | list -%}
            {%- set failed = 'NOT NULL constraint failed: ' ~ model.alias ~ '.' ~ column.name -%}
            {%- set value = 'coalesce(' ~ value ~ ', ' ~ spark__constraint_error(failed) ~ ')' -%}
        {%- endif %}
        {% if loop.first and checks -%}
        case
            {%- for check in checks %}
            when not ({{ check.expression }})
                then {{ spark__constraint_error('CHECK constraint failed: ' ~ model.alias ~ '.' ~ check.name) }}
            {%- endfor %}
            else {{ value }}
        end
        {%- else -%}
        {{ value }}
        {%- endif %} as {{ name }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        {{ sql }}
    ) as model_subquery
{% endmacro %}
