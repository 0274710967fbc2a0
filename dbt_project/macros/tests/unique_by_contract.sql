{#- The rows of a contract table are unique by its key columns. Returns the keys that are not. -#}
{% test unique_by_contract(model, table) %}
{%- set keys = ['source_system'] -%}
{%- for column in contract_columns(table) if column.key -%}
    {%- do keys.append(adapter.quote(column.name)) -%}
{%- endfor %}
select {{ keys | join(', ') }}
from {{ model }}
group by {{ keys | join(', ') }}
having count(*) > 1
{% endtest %}
