{#- Fields of users and organisations have keys, and their values are listed by key. -#}
{%- set streams = {
    'ticket': ('ticket_fields', 'id'),
    'contact': ('user_fields', 'key'),
    'company': ('organization_fields', 'key'),
} -%}
with

landed as (
    {% for object, stream in streams.items() %}
    select
        '{{ object }}' as object,
        {{ adapter.quote(stream[1]) }} as field_id,
        title,
        type,
        custom_field_options,
        updated_at,
        _file,
        _row
    from {{ source('zendesk', stream[0]) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

newest as (

    {{ newest_rows('landed', key='object, field_id', version='updated_at') }}

),

brands as (

    select * from {{ source('zendesk', 'brands') }}
    where name is not null

),

newest_brands as (

    {{ newest_rows('brands') }}

),

-- The brand of a ticket is in no list of fields: its options are the account's brands.
brand_options as (

    select
        {{ json_object_of('id', json_string('name')) }} as options,
        max(_file) as _file,
        max(_row) as _row
    from newest_brands
    having count(*) > 0

),

fields as (

    select
        object,
        field_id,
        title,
        case
            when type in ('integer', 'decimal') then 'number'
            when type = 'checkbox' then 'boolean'
            when type = 'date' then 'date'
            when type in ('tagger', 'dropdown') then 'option'
            when type in ('multiselect', 'multi_lookup') then 'options'
            else 'text'
        end as type,
        {{ json_pairs_object('custom_field_options', 'value', 'name') }} as options,
        _file,
        _row
    from newest
    union all
    select
        'ticket' as object,
        'brand_id' as field_id,
        'Brand' as title,
        'option' as type,
        options,
        _file,
        _row
    from brand_options

),

shaped as (

    select
        {{ shaped_as('ticket_fields', {
            'field_id': 'field_id',
            'name': 'title',
            'label': 'title',
            'type': 'type',
            'options': 'options',
            'object': 'object',
        }) }}
    from fields

)

select * from shaped
