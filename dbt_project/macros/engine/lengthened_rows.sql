{#- The statement that adds to columns of a table, `added` by name: to its rows, called `running`, for which there is
    one of `others` on the condition `matching`. -#}
{% macro lengthened_rows(target, added, others, matching) %}
    {{ return(adapter.dispatch('lengthened_rows')(target, added, others, matching)) }}
{% endmacro %}

{% macro duckdb__lengthened_rows(target, added, others, matching) %}
update {{ target }} as running
set
    {% for column, amount in added.items() -%}
    {{ column }} = running.{{ column }} + {{ amount }}{{ ',' if not loop.last }}
    {% endfor -%}
from {{ others }}
where {{ matching }}
{% endmacro %}

{#- What still runs is a part of its fact by itself, if the fact says so; else all of it is written anew. -#}
{% macro spark__lengthened_rows(target, added, others, matching) %}
    {%- set columns = [] -%}
    {%- for column in adapter.get_columns_in_relation(target) -%}
        {%- set value = 'running.' ~ column.quoted -%}
        {%- if column.name in added -%}
            {%- set value = value ~ ' + coalesce(' ~ added[column.name] ~ ', 0) as ' ~ column.quoted -%}
        {%- endif -%}
        {%- do columns.append(value) -%}
    {%- endfor -%}
    {%- set parts = " where running.part = 'open'" if config.get('meta').published_apart else '' -%}
    {{ return(spark__overwritten_parts(
        target,
        'select ' ~ columns | join(', ') ~ ' from ' ~ target ~ ' as running left join (' ~ others ~ ') on ' ~ matching ~ parts
    )) }}
{% endmacro %}
