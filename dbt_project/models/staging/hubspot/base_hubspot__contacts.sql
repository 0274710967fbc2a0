with

contacts as (

    select * from {{ source('hubspot', 'contacts') }}

),

account as (

    select * from {{ ref('base_hubspot__account') }}

),

latest as (

    {{ newest_rows('contacts', 'id') }}

),

read_contacts as (

    select
        latest.id,
        {{ json_value('latest.properties', 'firstname') }} as firstname,
        {{ json_value('latest.properties', 'lastname') }} as lastname,
        {{ json_value('latest.properties', 'email') }} as email,
        {{ json_value('latest.properties', 'associatedcompanyid') }} as associatedcompanyid,
        latest.properties,
        account.portal_id,
        account.ui_domain,
        latest._file,
        latest._row
    from latest
    cross join account
    where coalesce(latest.archived, 'false') <> 'true'

),

shaped as (

    select
        {{ shaped_as('contacts', {
            'contact_id': 'id',
            'company_id': whole_id('associatedcompanyid'),
            'name': "trim(coalesce(firstname, '') || ' ' || coalesce(lastname, ''))",
            'email': 'email',
            'url': hubspot_record_url('0-1', 'id'),
            'own_fields': 'properties' if own_fields('contact') else 'null',
        }) }}
    from read_contacts

)

select * from shaped
