{#- The rows of `figures` with what each is at as_of and was a day before: `value`, the sum of the `amount` of
    its rows in `events`, and `n`, the number of those that have one. `keys` are the columns that the two
    relations share; an event also has the `moment` it counts at. -#}
{% macro summary_figures(figures, events, keys) %}
{%- set moments = [('', 'as_of'), ('comparison_', 'day_before')] -%}
    select
        {{ figures }}.*,
        {% for prefix, moment in moments -%}
        coalesce(summed.{{ prefix }}value, 0) as {{ prefix }}value,
        coalesce(summed.{{ prefix }}n, 0) as {{ prefix }}n,
        {% endfor -%}
        moments.as_of,
        moments.comparison_as_of
    from {{ figures }}
    cross join (
        select
            {% for prefix, moment in moments -%}
            max(case when moment = '{{ moment }}' then moment_at end) as {{ prefix }}as_of
            {{- ',' if not loop.last }}
            {% endfor -%}
        from {{ ref('dim_moments') }}
    ) as moments
    left join (
        select
            {{ keys | join(', ') }},
            {% for prefix, moment in moments -%}
            cast(sum(case when moment = '{{ moment }}' then amount end) as double) as {{ prefix }}value,
            count(case when moment = '{{ moment }}' then amount end) as {{ prefix }}n
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
