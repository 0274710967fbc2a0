with

schedules as (

    select * from {{ source('zendesk', 'schedules') }}

),

newest as (

    {{ newest_rows('schedules') }}

),

-- A ticket to which no rule gives a schedule is of the default one, the oldest.
known as (

    select
        id,
        time_zone,
        intervals,
        row_number() over (
            order by created_at nulls last, try_cast(id as bigint) nulls last
        ) = 1 as is_default,
        _file,
        _row
    from newest
    where _gone_at is null

)

select * from known
