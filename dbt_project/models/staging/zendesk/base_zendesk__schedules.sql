with

schedules as (

    select * from {{ source('zendesk', 'schedules') }}

),

zones as (

    {{ rails_time_zones() }}

),

newest as (

    {{ newest_rows('schedules') }}

),

-- A ticket without a schedule by a rule has the default one, the oldest.
known as (

    select
        newest.id,
        -- An unknown name stays as it is, and is rejected.
        coalesce(zones.iana_name, newest.time_zone) as zone_name,
        zones.iana_name is not null as has_known_zone,
        newest.intervals,
        row_number() over (
            order by newest.created_at nulls last, try_cast(newest.id as bigint) nulls last
        ) = 1 as is_default,
        newest._file,
        newest._row
    from newest
    left join zones
        on newest.time_zone = zones.rails_name
    where newest._gone_at is null

)

select * from known
