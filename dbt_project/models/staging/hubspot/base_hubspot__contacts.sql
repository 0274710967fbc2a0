with

contacts as (

    select * from {{ source('hubspot', 'contacts') }}

),

read_contacts as (

    select
        id,
        {{ json_text('properties', 'firstname') }} as firstname,
        {{ json_text('properties', 'lastname') }} as lastname,
        {{ json_text('properties', 'email') }} as email,
        {{ json_text('properties', 'associatedcompanyid') }} as associatedcompanyid,
        _file,
        _row
    from contacts

),

shaped as (

    select
        {{ shaped_as('contacts', {
            'contact_id': 'id',
            'company_id': 'associatedcompanyid',
            'name': "trim(coalesce(firstname, '') || ' ' || coalesce(lastname, ''))",
            'email': 'email',
        }) }}
    from read_contacts

)

select * from shaped
