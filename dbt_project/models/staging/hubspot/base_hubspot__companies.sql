with

companies as (

    select * from {{ source('hubspot', 'companies') }}

),

read_companies as (

    select
        id,
        {{ json_value('properties', 'name') }} as name,
        {{ json_value('properties', 'domain') }} as domain,
        _file,
        _row
    from companies

),

shaped as (

    select
        {{ shaped_as('companies', {
            'company_id': 'id',
            'name': 'name',
            'domain': 'domain',
        }) }}
    from read_companies

)

select * from shaped
