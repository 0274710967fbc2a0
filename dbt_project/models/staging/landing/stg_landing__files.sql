with

landing as (

    select * from {{ source('landing', 'files') }}

),

-- A file of a vendor's stream is listed under the first contract table that the stream feeds.
ordered as (

    select
        source_system,
        contract_table as table_name,
        file as landed_file,
        modified_at as landed_at,
        rows_read,
        rows_rejected,
        row_number() over (order by modified_at, file) as landing_order
    from landing

)

select * from ordered
