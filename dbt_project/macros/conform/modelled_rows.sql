{#- The rows of a contract table from every source that stand: all that landed but the refused ones. -#}
{% macro modelled_rows(table) %}
with

refused as (

    select * from {{ ref('int_' ~ table ~ '_refused') }}

),

staged as (
    {% for source_system in landed_sources(table) %}
    select * from {{ ref('stg_' ~ source_system ~ '__' ~ table) }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

modelled as (

    select
        staged.source_system
        {%- for column in contract_columns(table) %},
        staged.{{ adapter.quote(column.name) }}
        {%- endfor %}
    from staged
    left join refused
        on
            staged.source_system = refused.source_system
            and staged.landed_file = refused.landed_file
            and staged.landed_row = refused.landed_row
    where refused.landed_row is null

)

select * from modelled
{%- endmacro %}
