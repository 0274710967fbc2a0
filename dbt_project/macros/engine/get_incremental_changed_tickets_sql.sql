{#- The incremental strategy of a model whose rows belong to one ticket each: deletes the rows of the changed tickets
    and inserts their rows as they are now. dbt's own delete+insert would keep the rows of a ticket that has none now.
    `changed_by` names the columns of the ticket; the model must have `-- depends_on: ref('int_changed_tickets')`. -#}
{% macro get_incremental_changed_tickets_sql(arguments) %}
    {{ return(adapter.dispatch('get_incremental_changed_tickets_sql')(arguments)) }}
{% endmacro %}

{% macro duckdb__get_incremental_changed_tickets_sql(arguments) %}
{%- set target = arguments.target_relation -%}
{%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
delete from {{ target }} as stored
using {{ ref('int_changed_tickets') }} as changed
where
    {% for column in config.get('changed_by', ['ticket_key']) -%}
    stored.{{ column }} = changed.{{ column }}{{ ' and ' if not loop.last }}
    {% endfor -%};

insert into {{ target }} ({{ columns }})
select {{ columns }}
from {{ arguments.temp_relation }}
{% endmacro %}

{#- The table is written again with the rows of the other tickets and those of `temp_relation`: Parquet has no rows that
    could be changed one by one, and partitions by date would all have a row of a ticket that is open or reopened. The new
    table takes the place of the old one by a rename; a build that dies in between is followed by a full one. -#}
{% macro spark__get_incremental_changed_tickets_sql(arguments) %}
    {%- set target = arguments.target_relation -%}
    {%- set rewritten = api.Relation.create(schema=target.schema, identifier=target.identifier ~ '__rewritten') -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- set keys = config.get('changed_by', ['ticket_key']) | join(', ') -%}
    {%- do run_query('drop table if exists ' ~ rewritten) -%}
    {%- do run_query(
        'create table ' ~ rewritten ~ file_format_clause() ~ ' as'
        ~ ' select ' ~ columns ~ ' from ' ~ target
        ~ ' left anti join ' ~ ref('int_changed_tickets') ~ ' using (' ~ keys ~ ')'
        ~ ' union all select ' ~ columns ~ ' from ' ~ arguments.temp_relation
    ) -%}
    {%- do run_query('drop table ' ~ target) -%}
    {{ return('alter table ' ~ rewritten ~ ' rename to ' ~ target) }}
{% endmacro %}
