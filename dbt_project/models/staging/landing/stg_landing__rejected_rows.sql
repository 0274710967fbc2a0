with

landing as (

    select * from {{ source('landing', 'rejected_rows') }}

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
        landing.line as landed_line,
        landing.reason as row_issue,
        landing.raw_row as row_raw
    from landing
    inner join tables
        on landing.table_name = tables.table_name

)

select * from renamed
