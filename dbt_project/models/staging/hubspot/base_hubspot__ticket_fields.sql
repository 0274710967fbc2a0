with

properties as (

    select * from {{ source('hubspot', 'properties') }}

),

latest as (

    {{ newest_rows('properties', 'id') }}

),

listed_options as (

    {{ json_records('latest', ['id'], 'options', ['value', 'label']) }}

),

-- Without a label the value is the label.
labelled as (

    select
        id,
        record_value as option_value,
        {{ json_string("coalesce(nullif(record_label, ''), record_value)") }} as label
    from listed_options
    where record_value is not null

),

options as (

    select
        id,
        {{ json_object_of('option_value', 'label') }} as options
    from labelled
    group by id

),

described as (

    select
        latest.*,
        case latest."objectType"
            when 'tickets' then 'ticket'
            when 'companies' then 'company'
            when 'contacts' then 'contact'
        end as object,
        case
            when latest."fieldType" = 'checkbox' and latest.type = 'enumeration' then 'options'
            when latest."fieldType" = 'booleancheckbox' then 'boolean'
            when latest.type = 'enumeration' then 'option'
            when latest.type = 'bool' then 'boolean'
            when latest.type in ('number', 'date', 'datetime') then latest.type
            else 'text'
        end as value_type,
        options.options as listed
    from latest
    left join options
        on latest.id = options.id

),

shaped as (

    select
        {{ shaped_as('ticket_fields', {
            'field_id': 'name',
            'object': 'object',
            'name': 'name',
            'type': 'value_type',
            'label': 'label',
            'options': 'listed',
        }) }}
    from described

)

select * from shaped
