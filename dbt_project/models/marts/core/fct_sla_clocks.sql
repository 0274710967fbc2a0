{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['ticket_key', 'metric', 'occurrence'],
    post_hook="{{ moved_with_the_clock(\"status = 'overdue' and not is_paused\", 'elapsed_seconds', schedule_of='running', holidays_apply='running.holidays_apply') }}"
) }}

with

clocks as (

    select * from {{ ref('int_sla_clocks_judged') }}
    where not is_first_close

),

first_closes as (

    select * from {{ ref('int_sla_clocks_judged') }}
    where is_first_close

),

compared as (

    select * from {{ ref('int_sla_clocks_compared') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

lifecycles as (

    select * from {{ ref('int_ticket_lifecycles_summarised') }}

),

calendars as (

    select * from {{ ref('int_calendars_numbered') }}

),

-- A ticket that was never reopened has its first close for its only one.
joined as (

    select
        tickets.ticket_key,
        clocks.metric,
        cast(clocks.occurrence as bigint) as occurrence,
        clocks.policy_id,
        clocks.goal_seconds,
        clocks.started_at,
        clocks.ended_at,
        clocks.due_at,
        {{ report_date('clocks.due_at') }} as due_date,
        clocks.elapsed_seconds,
        clocks.status,
        case
            when
                clocks.metric = 'time_to_close'
                and lifecycles.first_closed_at = lifecycles.closed_at
                then clocks.status
            else first_closes.status
        end as status_at_first_close,
        compared.status as status_a_day_before,
        clocks.is_paused,
        calendars.schedule_id,
        calendars.holidays_apply,
        tickets.is_excluded,
        tickets.source_system
    from clocks
    inner join tickets
        on clocks.ticket_number = tickets.ticket_number
    inner join lifecycles
        on clocks.ticket_number = lifecycles.ticket_number
    left join calendars
        on clocks.calendar_id = calendars.calendar_id
    left join first_closes
        on
            clocks.ticket_number = first_closes.ticket_number
            and clocks.metric = first_closes.metric
            and clocks.occurrence = first_closes.occurrence
    left join compared
        on
            clocks.ticket_number = compared.ticket_number
            and clocks.metric = compared.metric
            and clocks.occurrence = compared.occurrence

)

select * from joined
