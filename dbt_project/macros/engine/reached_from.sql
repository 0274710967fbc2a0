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

{#- Spark's recursion does not drop rows that it has already found, so a cycle would never end: here each step is a
    join. A chain of tickets that is longer than the steps raises an error, and is never cut. -#}
{% macro spark__reached_from(start, pairs, here, there) -%}
    {%- set steps = 8 -%}
    with step_0 as (
        select distinct {{ here }} from {{ start }}
    ),
    {%- for step in range(1, steps + 1) %}

    step_{{ step }} as (
        select distinct {{ here }}
        from (
            select explode(array(reached.{{ here }}, paired.{{ there }})) as {{ here }}
            from step_{{ step - 1 }} as reached
            left join {{ pairs }} as paired
                on reached.{{ here }} = paired.{{ here }}
        )
        where {{ here }} is not null
    ){{ ',' if not loop.last }}
    {%- endfor %}

    select {{ here }} from step_{{ steps }}
    union all
    select cast(raise_error(
        'more than {{ steps }} tickets claim messages in a chain: build with --full-refresh'
    ) as string) as {{ here }}
    from step_{{ steps }} as reached
    inner join {{ pairs }} as paired
        on reached.{{ here }} = paired.{{ here }}
    left anti join step_{{ steps }} as others
        on paired.{{ there }} = others.{{ here }}
{%- endmacro %}
