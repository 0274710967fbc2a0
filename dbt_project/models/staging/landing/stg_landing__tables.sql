with

landing as (

    select * from {{ source('landing', 'tables') }}

),

renamed as (

    select
        table_name,
        is_configured,
        row_count,
        extra_columns
    from landing

)

select * from renamed
