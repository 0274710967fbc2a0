{#- Each column of the mapping `values` has only the values listed for it, or null, by one scan for all of them.
    Returns each other value with its number of rows. -#}
{% test accepted_values_columns(model, values) %}
with

counted as (

    select
        {%- for column in values %}
        {{ column }},
        {%- endfor %}
        count(*) as row_count
    from {{ model }}
    group by grouping sets ({% for column in values %}({{ column }}){{ ', ' if not loop.last }}{% endfor %})

)
{% for column, accepted in values.items() %}
select
    '{{ column }}' as column_name,
    {{ column }} as value_not_accepted,
    row_count
from counted
where {{ column }} not in ('{{ accepted | join("', '") }}')
{%- if not loop.last %}
union all
{%- endif %}
{%- endfor %}
{% endtest %}
