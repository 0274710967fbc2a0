with

builds as (

    select * from {{ ref('int_builds_current') }}

),

logged as (

    select
        build_id,
        started_at,
        as_of,
        as_of_date,
        cast('{{ var("report_timezone") }}' as string) as report_timezone
    from builds

)

select * from logged
