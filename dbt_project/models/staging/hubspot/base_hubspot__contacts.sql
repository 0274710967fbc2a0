with

contacts as (

    select * from {{ source('hubspot', 'contacts') }}

),

read_contacts as (

    select
        id,
        {{ json_value('properties', 'firstname') }} as firstname,
        {{ json_value('properties', 'lastname') }} as lastname,
        {{ json_value('properties', 'email') }} as email,
        {{ json_value('properties', 'associatedcompanyid') }} as associatedcompanyid,
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
