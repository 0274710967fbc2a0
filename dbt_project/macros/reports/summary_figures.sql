{#- The rows of `figures` with their values at as_of and a day before: `value`, the sum of the `amount` of their
    rows in `events`, and `n`, the number of rows with an amount. `keys` are the columns that both relations
    share; an event also has its `comparison_time`. -#}
{% macro summary_figures(figures, events, keys) %}
{%- set comparison_times = [('', 'as_of'), ('comparison_', 'day_before')] -%}
    select
        {{ figures }}.*,
        {% for prefix, comparison_time in comparison_times -%}
        coalesce(summed.{{ prefix }}value, 0) as {{ prefix }}value,
        coalesce(summed.{{ prefix }}n, 0) as {{ prefix }}n,
        {% endfor -%}
        comparison_times.as_of,
        comparison_times.comparison_as_of
    from {{ figures }}
    cross join (
        select
            {% for prefix, comparison_time in comparison_times -%}
            max(case when comparison_time = '{{ comparison_time }}' then compared_at end) as {{ prefix }}as_of
            {{- ',' if not loop.last }}
            {% endfor -%}
        from {{ ref('dim_comparison_times').include(database=false) }}
    ) as comparison_times
    left join (
        select
            {{ keys | join(', ') }},
            {% for prefix, comparison_time in comparison_times -%}
            cast(sum(case when comparison_time = '{{ comparison_time }}' then amount end) as double) as {{ prefix }}value,
            count(case when comparison_time = '{{ comparison_time }}' then amount end) as {{ prefix }}n
            {{- ',' if not loop.last }}
            {% endfor -%}
        from {{ events }}
        group by {{ keys | join(', ') }}
    ) as summed
        on
            {% for key in keys -%}
            {{ figures }}.{{ key }} = summed.{{ key }}
            {{- ' and ' if not loop.last }}
            {% endfor -%}
{% endmacro %}
