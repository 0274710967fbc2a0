{{ config(materialized='view') }}

with

builds as (

    select * from {{ ref('int_builds_current') }}

),

spells as (

    select
        built.*,
        coalesce(built.left_at, builds.as_of) as measured_until
    from {{ ref('int_ticket_status_spells_built') }} as built
    cross join builds

),

measured as (

    {{ business_seconds('spells', 'entered_at', 'measured_until') }}

)

select
    source_system,
    ticket_number,
    spell_number,
    status_id,
    status_state,
    status_path,
    entered_at,
    left_at,
    duration_seconds,
    business_seconds
from measured
