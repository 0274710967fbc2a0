with

landing as (

    select * from {{ source('landing', 'builds') }}

),

renamed as (

    select
        build_id,
        started_at,
        as_of,
        previous_as_of
    from landing

)

select * from renamed
