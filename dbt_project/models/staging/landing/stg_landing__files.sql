with

landing as (

    select * from {{ source('landing', 'files') }}

),

-- A file of a vendor's stream goes by the first contract table that the stream feeds.
renamed as (

    select
        source_system,
        contract_table as table_name,
        file as landed_file,
        cast(modified_at as timestamp) as landed_at,
        size_bytes,
        rows_read,
        rows_rejected
    from landing

)

select * from renamed
