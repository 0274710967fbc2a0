{{ config(materialized='view') }}

with

opening_hours as (

    select * from {{ ref('int_opening_hours') }}

),

compared as (

    select
        *,
        max(ends_at) over (
            partition by calendar_id
            order by starts_at, ends_at
            rows between unbounded preceding and 1 preceding
        ) as open_until
    from opening_hours

),

-- Overlapping windows count once: a new interval begins where nothing before it is still open.
grouped as (

    select
        *,
        sum(case when open_until >= starts_at then 0 else 1 end) over (
            partition by calendar_id order by starts_at, ends_at rows unbounded preceding
        ) as interval_number
    from compared

),

merged as (

    select
        calendar_id,
        min(starts_at) as starts_at,
        max(ends_at) as ends_at
    from grouped
    group by calendar_id, interval_number

)

select * from merged
