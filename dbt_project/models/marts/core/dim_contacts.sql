{{ read_before('stg_landing__changed_references') }}
with

contacts as (

    select * from {{ ref('int_contacts_unioned') }}

),

known as (

    select
        {{ entity_key('contact_id') }} as contact_key,
        contact_id,
        {{ 'name' if var('include_personal_data') else 'cast(null as string)' }} as name,
        {{ entity_key('company_id') }} as company_key,
        source_system
    from contacts

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as contact_key,
        cast(null as string) as contact_id,
        cast('No contact' as string) as name,
        cast(null as string) as company_key,
        'unknown' as source_system

)

select * from with_unknown
