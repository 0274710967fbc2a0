with

landing as (

    select * from {{ source('landing', 'files') }}

),

renamed as (

    select
        table_name,
        file as landed_file,
        modified_at as landed_at,
        size_bytes,
        rows_read,
        rows_rejected
    from landing

)

select * from renamed
