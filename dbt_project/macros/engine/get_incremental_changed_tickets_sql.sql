{#- The incremental strategy of a model whose rows are of one ticket each: replaces the rows of the changed
    tickets, writing only those that differ, and keeps both images for what is summed from them. A ticket
    may lose rows. The model's `unique_key` is its grain; `changed_by`, the columns that name the ticket. -#}
{% macro get_incremental_changed_tickets_sql(arguments) %}
    {{ return(adapter.dispatch('get_incremental_changed_tickets_sql')(arguments)) }}
{% endmacro %}

{% macro duckdb__get_incremental_changed_tickets_sql(arguments) %}
{%- set target = arguments.target_relation -%}
{%- set before = image(target.identifier, 'before') -%}
{%- set after = image(target.identifier, 'after') -%}
{%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
{%- set grain = arguments.unique_key | map('string') | list -%}
create schema if not exists {{ before.database }}.changes;

create or replace table {{ before }} as
select {{ columns }}
from {{ target }} as stored
semi join {{ stored('staging', 'stg_landing__changed_tickets') }} using ({{ config.get('changed_by', ['ticket_key']) | join(', ') }});

create or replace table {{ after }} as
select {{ columns }}
from {{ arguments.temp_relation }};

delete from {{ target }} as stored
using (
    select distinct {{ grain | join(', ') }}
    from (select * from {{ before }} except all select * from {{ after }})
) as gone
where
    {% for column in grain -%}
    stored.{{ column }} = gone.{{ column }}{{ ' and ' if not loop.last }}
    {% endfor -%};

insert into {{ target }} ({{ columns }})
select * from {{ after }}
except all
select * from {{ before }}
{% endmacro %}

{#- The parts that these tickets had rows in, or have now, are written anew: Parquet has no rows that could be changed one
    by one. A part of which no row is left is emptied by itself, for the statement touches only those it has rows
    of. Nothing is summed from images, so only the later one is kept, for tests. -#}
{% macro spark__get_incremental_changed_tickets_sql(arguments) %}
    {%- set target = arguments.target_relation -%}
    {%- set after = image(target.identifier, 'after') -%}
    {%- set part = spark__part_column() -%}
    {%- set columns = arguments.dest_columns | map(attribute='quoted') | join(', ') -%}
    {%- set keys = config.get('changed_by', ['ticket_key']) | join(', ') -%}
    {%- set changed = stored('staging', 'stg_landing__changed_tickets') -%}
    {%- do run_query('create schema if not exists ' ~ after.schema) -%}
    {%- do run_query('drop table if exists ' ~ after) -%}
    {%- do run_query(
        'create table ' ~ after ~ file_format_clause() ~ ' as select ' ~ columns ~ ' from ' ~ arguments.temp_relation
    ) -%}
    {%- set touched = run_query(
        'select ' ~ part ~ ', bool_or(is_left) from ('
        ~ 'select ' ~ part ~ ', is_changed is null as is_left, is_changed from ' ~ target
        ~ ' left join (select distinct ' ~ keys ~ ', true as is_changed from ' ~ changed ~ ') using (' ~ keys ~ ')'
        ~ ' union all select ' ~ part ~ ', true, true from ' ~ after
        ~ ') group by ' ~ part ~ ' having bool_or(is_changed)'
    ).rows -%}
    {%- for name, is_left in touched if not is_left -%}
        {%- do run_query(
            'insert overwrite table ' ~ target ~ ' partition (' ~ part ~ " = '" ~ name ~ "')"
            ~ ' select * except (' ~ part ~ ') from ' ~ after ~ ' where false'
        ) -%}
    {%- endfor -%}
    {%- set written = touched | selectattr(1) | map(attribute=0) | list -%}
    {{ return(spark__overwritten_parts(
        target,
        'select ' ~ columns ~ ' from ' ~ target ~ ' left anti join ' ~ changed ~ ' using (' ~ keys ~ ')'
        ~ ' where ' ~ part ~ " in ('" ~ written | join("', '") ~ "')"
        ~ ' union all select ' ~ columns ~ ' from ' ~ after
    )) }}
{% endmacro %}
