with

compared as (

    select * from {{ ref('int_vendor_metrics') }}

),

differing as (

    select
        source_system,
        ticket_key,
        ticket_id,
        metric,
        occurrence,
        policy_id,
        ended_at,
        reported_ended_at,
        ended_difference_seconds,
        due_at,
        reported_due_at,
        due_difference_seconds,
        status,
        reported_status,
        coalesce(is_ended_differing, false) as ended_at_differs,
        coalesce(is_due_differing, false) as due_at_differs,
        coalesce(is_status_differing, false) as status_differs
    from compared
    where
        is_ended_differing
        or is_due_differing
        or is_status_differing

)

select * from differing
