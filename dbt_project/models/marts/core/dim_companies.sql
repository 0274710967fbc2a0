{{ read_before('stg_landing__changed_references') }}
with

companies as (

    select * from {{ ref('int_companies_unioned') }}

),

known as (

    select
        {{ entity_key('company_id') }} as company_key,
        company_id,
        coalesce(name, company_id) as name,
        domain,
        source_system
    from companies

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as company_key,
        cast(null as string) as company_id,
        cast('No company' as string) as name,
        cast(null as string) as domain,
        'unknown' as source_system

)

select * from with_unknown
