{#- The rows of a contract table that the models use: every landed row except those in `rejected`. Adds the
    values of declared own fields and `is_<column>_unreadable` for each column that is only compared. -#}
{% macro valid_rows(table) %}
{%- set is_reference = table in reference_tables() -%}
{%- set rejected = 'int_reference_rows_rejected' if is_reference else 'int_' ~ table ~ '_rejected' -%}
with

staged as (

    select * from {{ ref('stg_' ~ table) }}

),

rejected as (

    select
        source_system,
        landed_file,
        landed_row
    from {{ ref(rejected) }}
    {%- if is_reference %}
    where table_name = '{{ table }}'
    {%- endif %}

),

valid as (

    select
        staged.source_system
        {%- for column in contract_columns(table) | rejectattr('is_own') %},
        staged.{{ adapter.quote(column.name) }}
        {%- endfor %}
        {%- for name in staged_own_columns(table) %},
        staged.{{ name }}
        {%- endfor %},
        staged.landed_file,
        staged.landed_row
        {%- for name in compared_only_columns(table) %},
        staged.{{ name }} is null and {{ compared('staged.raw_' ~ name) }} is not null as is_{{ name }}_unreadable
        {%- endfor %}
    from staged
    left join rejected
        on
            staged.source_system = rejected.source_system
            and staged.landed_file = rejected.landed_file
            and staged.landed_row = rejected.landed_row
    where rejected.landed_row is null

)

select * from valid
{%- endmacro %}
