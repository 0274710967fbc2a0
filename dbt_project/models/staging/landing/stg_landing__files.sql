with

landing as (

    select * from {{ source('landing', 'files') }}

),

tables as (

    select * from {{ source('landing', 'tables') }}

),

-- A file of a vendor's stream goes by the first contract table that the stream feeds.
renamed as (

    select
        landing.source_system,
        tables.feeds[1] as table_name,
        landing.file as landed_file,
        landing.modified_at as landed_at,
        landing.size_bytes,
        landing.rows_read,
        landing.rows_rejected
    from landing
    inner join tables
        on landing.table_name = tables.table_name

)

select * from renamed
