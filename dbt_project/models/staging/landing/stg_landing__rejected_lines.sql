with

landing as (

    select * from {{ source('landing', 'rejected_rows') }}

),

-- A file of a vendor's stream is listed under the first contract table that the stream feeds.
renamed as (

    select
        source_system,
        contract_table as table_name,
        file as landed_file,
        line as landed_line,
        reason as row_issue,
        raw_row as row_raw
    from landing

)

select * from renamed
