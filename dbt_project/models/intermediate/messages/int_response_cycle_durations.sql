{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

cycles as (

    select
        built.*,
        case when built.outcome = 'waiting' then builds.as_of else built.ended_at end as measured_until
    from {{ ref('int_response_cycles') }} as built
    cross join builds

),

measured as (

    {{ business_seconds('cycles', 'waiting_since', 'measured_until') }}

)

select
    ticket_number,
    cycle_number,
    waiting_since,
    ended_at,
    outcome,
    customer_message_count,
    agent_id,
    {{ seconds_between('waiting_since', 'measured_until') }} as wait_seconds,
    business_seconds as wait_business_seconds
from measured
