with

organizations as (

    select * from {{ source('zendesk', 'organizations') }}

),

newest as (

    {{ newest_rows('organizations', version='updated_at') }}

),

shaped as (

    select
        {{ shaped_as('companies', {
            'company_id': 'id',
            'name': 'name',
            'domain': json_value('domain_names', 0),
            'own_fields': 'organization_fields' if own_field_ids('company', 'zendesk') else 'null',
        }) }}
    from newest

)

select * from shaped
