{{ config(materialized=planned_once()) }}

with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

tickets as (

    select * from {{ ref('int_tickets_numbered') }}

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles') }}

),

clocks as (

    select
        ticket_number,
        ended_at
    from {{ ref('int_sla_clock_status') }}
    union all
    select
        ticket_number,
        ended_at
    from {{ ref('int_sla_reported_clocks') }}
    where not is_day_before

),

open_tickets as (

    select ticket_number
    from lifecycles
    where status_state <> 'closed'

),

-- The status a day before as_of is final once that day is later than the day on which the clock ended.
recent_clocks as (

    select clocks.ticket_number
    from clocks
    cross join builds
    where {{ report_date('clocks.ended_at') }} >= builds.day_before_date

),

modelled as (

    select
        tickets.source_system,
        tickets.ticket_id,
        cast(null as string) as table_name,
        cast(null as string) as row_key,
        cast(null as timestamp) as revisit_at
    from tickets
    where
        tickets.ticket_number in (select open_tickets.ticket_number from open_tickets)
        or tickets.ticket_number in (select recent_clocks.ticket_number from recent_clocks)

),

-- The order of files decides the order of these changes.
ordered_by_file as (

    select distinct
        tickets.source_system,
        tickets.ticket_id,
        'ticket_field_history' as table_name,
        cast(null as string) as row_key,
        cast(null as timestamp) as revisit_at
    from {{ ref('int_ticket_changes') }} as changes
    inner join tickets
        on changes.ticket_number = tickets.ticket_number
    where changes.is_ordered_by_file

),

-- A time after as_of in a ticket row starts to count when as_of reaches it.
awaited as (
    {% for column in ['updated_at', 'reported_closed_at', 'reported_first_response_at'] %}
    select
        rows_of_tickets.source_system,
        rows_of_tickets.ticket_id,
        'tickets' as table_name,
        cast(null as string) as row_key,
        rows_of_tickets.{{ column }} as revisit_at
    from {{ ref('int_tickets_valid') }} as rows_of_tickets
    cross join builds
    where rows_of_tickets.{{ column }} > builds.as_of
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

rejected as (
    {% for table in ticket_tables() %}
    select
        source_system,
        ticket_id,
        '{{ table }}' as table_name,
        row_key,
        deferred_until as revisit_at
    from {{ ref('int_' ~ table ~ '_rejected') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

revisits as (

    select * from modelled
    union all
    select * from ordered_by_file
    union all
    select * from awaited
    union all
    select * from rejected

)

select * from revisits
