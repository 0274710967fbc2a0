with

files as (

    select * from {{ ref('stg_landing__files') }}

),

ordered as (

    select
        table_name,
        landed_file,
        landed_at,
        row_number() over (order by landed_at, landed_file) as landing_order
    from files

)

select * from ordered
