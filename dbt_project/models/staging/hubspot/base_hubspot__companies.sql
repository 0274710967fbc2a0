with

companies as (

    select * from {{ source('hubspot', 'companies') }}

),

account as (

    select * from {{ ref('base_hubspot__account') }}

),

latest as (

    {{ newest_rows('companies', 'id') }}

),

read_companies as (

    select
        latest.id,
        {{ json_value('latest.properties', 'name') }} as name,
        {{ json_value('latest.properties', 'domain') }} as domain,
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
        {{ shaped_as('companies', {
            'company_id': 'id',
            'name': 'name',
            'domain': 'domain',
            'url': hubspot_record_url('0-2', 'id'),
            'own_fields': 'properties' if own_fields('company') else 'null',
        }) }}
    from read_companies

)

select * from shaped
