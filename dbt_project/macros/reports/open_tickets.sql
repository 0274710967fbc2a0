{#- The counted tickets that are open at each of some times, by default the comparison times of the summary page: one
    row per time and ticket, with the owner and team of that time. -#}
{% macro open_tickets(times=none) %}
    select
        comparison_times.comparison_time,
        intervals.ticket_key,
        intervals.agent_key,
        intervals.team_key,
        intervals.channel_key,
        intervals.created_at
    from {{ ref('fct_ticket_open_intervals').include(database=false) }} as intervals
    inner join {{ times or ref('dim_comparison_times').include(database=false) }} as comparison_times
        on
            intervals.started_at <= comparison_times.compared_at
            and coalesce(intervals.ended_at, {{ end_of_time() }}) > comparison_times.compared_at
    where not intervals.is_excluded
{% endmacro %}
