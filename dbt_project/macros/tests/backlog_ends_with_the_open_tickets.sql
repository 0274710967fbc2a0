{#- The last date of the backlog holds the tickets that are open at as_of. Returns both counts where they
    differ. -#}
{% test backlog_ends_with_the_open_tickets(model) %}
with

backlog as (

    select coalesce(sum(open_ticket_count), 0) as open_ticket_count
    from {{ model }}
    where backlog_date = (select max(as_of_date) from {{ ref('int_builds_current') }})

),

tickets as (

    select count(*) as open_ticket_count
    from {{ ref('fct_tickets') }}
    where not is_excluded and closed_at is null

)

select
    backlog.open_ticket_count as backlog_count,
    tickets.open_ticket_count as ticket_count
from backlog
cross join tickets
where backlog.open_ticket_count <> tickets.open_ticket_count
{% endtest %}
