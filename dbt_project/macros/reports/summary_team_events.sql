{#- What the figures of the team's day (S1) count, each with its team: the team that the reports of these measures
    have (`docs/metrics/summary.md`). `times` is a relation like `dim_comparison_times`, which is the default.
    Without `has_open` the open tickets are left out. -#}
{% macro summary_team_events(times=none, has_open=true) %}
with

tickets as (

    select * from {{ ref('fct_tickets').include(database=false) }}
    where not is_excluded

),

status_history as (

    select * from {{ ref('fct_ticket_status_history').include(database=false) }}
    where not is_excluded

),

responses as (

    select * from {{ ref('fct_survey_responses').include(database=false) }}
    where not is_excluded and survey_kind = 'csat' and score is not null

),

open_intervals as (

    select * from {{ ref('fct_ticket_open_intervals').include(database=false) }}
    where not is_excluded

),

-- The only interval of a ticket without history starts at creation, so its close comes from the ticket.
entered_statuses as (

    select
        status_history.ticket_key,
        status_history.interval_number,
        status_history.status_state,
        case
            when status_history.is_current and status_history.status_state = 'closed' then tickets.closed_at
            else status_history.entered_at
        end as entered_at,
        case
            when status_history.is_current and status_history.status_state = 'closed' then tickets.closed_date
            else status_history.entered_date
        end as entered_date
    from status_history
    inner join tickets
        on status_history.ticket_key = tickets.ticket_key

),

-- The last close of each ticket today. A change between two closed statuses is not a close.
closes as (

    select
        comparison_times.comparison_time,
        comparison_times.compared_at,
        entered.ticket_key,
        max(entered.entered_at) as closed_at
    from entered_statuses as entered
    {{ of_today('entered', 'entered', times) }}
    left join status_history as previous
        on
            entered.ticket_key = previous.ticket_key
            and entered.interval_number = previous.interval_number + 1
    where
        entered.status_state = 'closed'
        and coalesce(previous.status_state, 'none') <> 'closed'
    group by comparison_times.comparison_time, comparison_times.compared_at, entered.ticket_key

),

-- Only tickets that were not reopened later.
closed_tickets as (

    select
        closes.comparison_time,
        tickets.team_key,
        {{ seconds_between('tickets.created_at', 'closes.closed_at') }} as time_to_close_seconds
    from closes
    inner join tickets
        on closes.ticket_key = tickets.ticket_key
    left join open_intervals
        on
            closes.ticket_key = open_intervals.ticket_key
            and open_intervals.started_at <= closes.compared_at
            and coalesce(open_intervals.ended_at, {{ end_of_time() }}) > closes.compared_at
    where open_intervals.ticket_key is null

),

events as (

    select
        comparison_times.comparison_time,
        tickets.team_key,
        'tickets_opened' as figure,
        1 as amount
    from tickets
    {{ of_today('tickets', 'created', times) }}
    {% if has_open -%}
    union all
    select
        comparison_time,
        team_key,
        'tickets_open' as figure,
        1 as amount
    from (
        {{ open_tickets(times) }}
    ) as open_tickets
    {% endif -%}
    union all
    select
        comparison_time,
        team_key,
        'tickets_closed' as figure,
        1 as amount
    from closed_tickets
    union all
    select
        comparison_times.comparison_time,
        tickets.team_key,
        'first_response_time' as figure,
        tickets.first_response_seconds as amount
    from tickets
    {{ of_today('tickets', 'first_response', times) }}
    union all
    select
        comparison_time,
        team_key,
        'time_to_close' as figure,
        time_to_close_seconds as amount
    from closed_tickets
    union all
    select
        comparison_times.comparison_time,
        responses.team_key,
        'csat' as figure,
        case when responses.is_positive then 100 else 0 end as amount
    from responses
    {{ of_today('responses', 'responded', times) }}

)

select * from events
{% endmacro %}
