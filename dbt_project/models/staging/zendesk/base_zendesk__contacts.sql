with

users as (

    select * from {{ source('zendesk', 'users') }}

),

newest as (

    {{ newest_rows('users', version='updated_at') }}

),

shaped as (

    select
        {{ shaped_as('contacts', {
            'contact_id': 'id',
            'company_id': 'organization_id',
            'name': 'name',
            'email': 'email',
            'own_fields': 'user_fields' if own_field_ids('contact', 'zendesk') else 'null',
        }) }}
    from newest

)

select * from shaped
