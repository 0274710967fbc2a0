{#- SQL of the reason why a staged row is rejected, null if it is valid: it breaks the contract, its time is
    before 1970, it has the `extra_issue` of its table, or its parent row is missing. `instants` are the columns
    of its time; for `parent`, (column, contract table), `parents` and `deferred_parents` are in scope. -#}
{% macro row_problem(instants, extra_issue, parent) -%}
    coalesce(
        staged.row_issue,
        {%- for instant in instants %}
        case
            when staged.{{ instant }} <= {{ instant_of_epoch('0') }}
                then '{{ instant }}: not after 1970-01-01T00:00:00Z'
        end,
        {%- endfor %}
        {{ extra_issue }}
        {%- if parent %},
        case
            when
                parents.{{ parent[0] }} is null
                {%- if parent[1] not in reference_tables() %}
                and deferred_parents.{{ parent[0] }} is null
                {%- endif %}
                then '{{ parent[0] }}: no such row in its table'
        end
        {%- endif %}
    )
{%- endmacro %}
