{#- Writes a table anew with rows that are made from it, and returns the statement that puts them in its place: a
    Parquet table cannot be overwritten while it is read. -#}
{% macro spark__rewritten_table(target, rows) %}
    {%- set written = target.incorporate(path={'identifier': target.identifier ~ '__written'}, type='table') -%}
    {%- do run_query('drop table if exists ' ~ written) -%}
    {%- do run_query('create table ' ~ written ~ file_format_clause() ~ ' as ' ~ rows) -%}
    {%- do run_query('drop table ' ~ target) -%}
    {{ return('alter table ' ~ written ~ ' rename to ' ~ target) }}
{% endmacro %}
