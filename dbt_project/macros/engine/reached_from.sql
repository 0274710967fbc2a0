{#- The values of column `here` in `start`, and all that can be reached from them by the pairs of `pairs`. -#}
{% macro reached_from(start, pairs, here, there) -%}
    {{ adapter.dispatch('reached_from')(start, pairs, here, there) }}
{%- endmacro %}

{% macro duckdb__reached_from(start, pairs, here, there) -%}
    with recursive steps as (
        select {{ here }} from {{ start }}
        union
        select {{ pairs }}.{{ there }}
        from steps
        inner join {{ pairs }}
            on steps.{{ here }} = {{ pairs }}.{{ here }}
    )

    select {{ here }} from steps
{%- endmacro %}
