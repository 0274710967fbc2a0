{#- Every key leads to a row: for each of `relations`, the values of `column`, in the rows that satisfy `where`
    if it is given, are all in `field` of the model `to`. Nulls are ignored. One scan of the model counts the
    keys of every column, and only these few are looked up. Returns each missing value with its number of rows. -#}
{% test relationships_columns(model, relations) %}
with

keys as (

    select
        {%- for relation in relations %}
        {%- if relation.where %}
        case when {{ relation.where }} then {{ relation.column }} end as key_{{ loop.index }}
        {%- else %}
        {{ relation.column }} as key_{{ loop.index }}
        {%- endif %}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}

),

counted as (

    select
        {%- for relation in relations %}
        key_{{ loop.index }},
        {%- endfor %}
        count(*) as row_count
    from keys
    group by grouping sets ({% for relation in relations %}(key_{{ loop.index }}){{ ', ' if not loop.last }}{% endfor %})

)
{% for relation in relations %}
select
    '{{ relation.column }}' as column_name,
    cast(key_{{ loop.index }} as {{ dbt.type_string() }}) as missing_value,
    '{{ relation.to.identifier }}.{{ relation.field }}' as missing_from,
    row_count
from counted
where
    key_{{ loop.index }} is not null
    and key_{{ loop.index }} not in (
        select {{ relation.field }} from {{ relation.to }} where {{ relation.field }} is not null
    )
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{% endtest %}
