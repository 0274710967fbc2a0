{#- The rows of `figures` with their values at as_of and a day before, from their rows in `events` (`summed_events`).
    `keys` are the columns that both relations share. -#}
{% macro summary_figures(figures, events, keys) %}
    select
        {{ figures }}.*,
        {% for column in ['value', 'n', 'comparison_value', 'comparison_n'] -%}
        coalesce(summed.{{ column }}, 0) as {{ column }},
        {% endfor -%}
        comparison_times.as_of,
        comparison_times.comparison_as_of
    from {{ figures }}
    cross join (
        {{ summary_times() }}
    ) as comparison_times
    left join (
        {{ summed_events(events, keys) }}
    ) as summed
        on
            {% for key in keys -%}
            {{ figures }}.{{ key }} = summed.{{ key }}
            {{- ' and ' if not loop.last }}
            {% endfor -%}
{% endmacro %}
