with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

logged as (

    select
        build_id,
        started_at,
        as_of,
        as_of_date,
        cast('{{ var("report_timezone") }}' as string) as report_timezone,
        helpdesk_version
    from builds

)

select * from logged
