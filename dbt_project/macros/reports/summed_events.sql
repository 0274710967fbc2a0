{#- For each combination of the `keys` of `events`, which have a `comparison_time` and an `amount`: the sum of the
    amounts and their number, at as_of (`value`, `n`) and a day before (`comparison_value`, `comparison_n`). -#}
{% macro summed_events(events, keys) %}
    select
        {{ keys | join(', ') }},
        {% for prefix, comparison_time in [('', 'as_of'), ('comparison_', 'day_before')] -%}
        cast(sum(case when comparison_time = '{{ comparison_time }}' then amount end) as double) as {{ prefix }}value,
        count(case when comparison_time = '{{ comparison_time }}' then amount end) as {{ prefix }}n
        {{- ',' if not loop.last }}
        {% endfor -%}
    from {{ events }}
    group by {{ keys | join(', ') }}
{% endmacro %}
