{#- Of the landed rows of a vendor's stream, the newest of each key: by the `version` column, an ISO 8601 time, if
    it has one, then the row that landed last (a load's files are named by its time). -#}
{% macro newest_rows(relation, key='id', version=none) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key }}
                order by
                    {% if version -%}
                    {{ version }} desc nulls last,
                    {% endif -%}
                    _file desc,
                    _row desc
            ) as recency
        from {{ relation }}
    ) as ranked
    where recency = 1
{%- endmacro %}
