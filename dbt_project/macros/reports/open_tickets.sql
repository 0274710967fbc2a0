{#- The counted tickets that are open at each moment of the summary page: one row per moment and
    ticket, with the owner of that time. -#}
{% macro open_tickets() %}
    select
        moments.moment,
        stretches.ticket_key,
        stretches.agent_key,
        stretches.channel_key
    from {{ ref('fct_ticket_open_stretches') }} as stretches
    inner join {{ ref('dim_moments') }} as moments
        on
            stretches.started_at <= moments.moment_at
            and coalesce(stretches.ended_at, {{ end_of_time() }}) > moments.moment_at
    where not stretches.is_excluded
{% endmacro %}
