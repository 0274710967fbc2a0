with

landing as (

    select * from {{ source('landing', 'rejected_rows') }}

),

renamed as (

    select
        table_name,
        file as landed_file,
        line as landed_line,
        reason as row_issue,
        raw_row as row_raw
    from landing

)

select * from renamed
