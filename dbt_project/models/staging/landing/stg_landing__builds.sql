with

landing as (

    select * from {{ source('landing', 'builds') }}

),

renamed as (

    select
        build_id,
        cast(started_at as timestamp) as started_at,
        cast(as_of as timestamp) as as_of,
        cast(previous_as_of as timestamp) as previous_as_of
    from landing

)

select * from renamed
