with

landing as (

    select * from {{ source('landing', 'tables') }}

),

fed as (

    select
        source_system,
        is_configured,
        {{ each_value('feeds') }} as table_name
    from landing

),

-- A table that a source fills from several streams is configured with any of them.
renamed as (

    select
        source_system,
        table_name,
        bool_or(is_configured) as is_configured
    from fed
    group by source_system, table_name

)

select * from renamed
