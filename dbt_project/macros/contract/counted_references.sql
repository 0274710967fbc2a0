{#- The number of references of a contract table to each id, by one scan for all its references: columns
    `reference_column` (with the value it depends on after a colon), `to_table`, `source_system`, `to_id`,
    `row_count`. -#}
{% macro counted_references(table, relation) %}
{%- set references = contract_references(table) %}
    select
        case
            {%- for reference in references %}
            when grouping(reference_{{ loop.index }}) = 0
                then '{{ reference.label }}'
            {%- endfor %}
        end as reference_column,
        case
            {%- for reference in references %}
            when grouping(reference_{{ loop.index }}) = 0 then '{{ reference.to }}'
            {%- endfor %}
        end as to_table,
        source_system,
        coalesce(
            {%- for reference in references %}reference_{{ loop.index }}, {% endfor %}null
        ) as to_id,
        count(*) as row_count
    from (
        select
            source_system
            {%- for reference in references %},
            {{ reference_value(reference) }} as reference_{{ loop.index }}
            {%- endfor %}
        from {{ relation }}
    ) as referring
    group by
        grouping sets (
            {%- for reference in references %}
            (source_system, reference_{{ loop.index }}){{ ',' if not loop.last }}
            {%- endfor %}
        )
{% endmacro %}
