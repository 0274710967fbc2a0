{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

intervals as (

    select
        built.*,
        case
            when built.status_state = 'closed' then built.left_at
            else coalesce(built.left_at, builds.as_of)
        end as measured_until
    from {{ ref('int_ticket_status_history') }} as built
    cross join builds

),

measured as (

    {{ business_seconds('intervals', 'entered_at', 'measured_until') }}

)

select
    source_system,
    ticket_number,
    interval_number,
    status_id,
    status_state,
    status_path,
    entered_at,
    left_at,
    is_inferred,
    duration_seconds,
    business_seconds
from measured
