{%- set fields = own_fields('contact') -%}
{%- set columns = {} -%}
{%- for field in fields -%}
    {%- do columns.update({field.name: field}) -%}
{%- endfor -%}
with

contacts as (

    select * from {{ ref('int_contacts_valid') }}

),
{% if fields %}
own_values as (

    select
        source_system,
        contact_id
        {%- for field in fields %},
        {{ own_value(field, 'contacts') }} as {{ field.name }}
        {%- endfor %}
    from contacts

),

own as (

    {{ own_columns('own_values', ['source_system', 'contact_id'], columns) }}

),
{% endif %}
known as (

    select
        {{ entity_key('contacts.contact_id', 'contacts.source_system') }} as contact_key,
        contacts.contact_id,
        {{ 'contacts.name' if var('include_personal_data') else 'cast(null as string)' }} as name,
        {{ entity_key('contacts.company_id', 'contacts.source_system') }} as company_key,
        {{ record_url('contact', 'contacts.contact_id', 'contacts.source_system', 'contacts.url') }} as url,
        {% for field in fields -%}
        own.{{ field.name }},
        {% endfor -%}
        contacts.source_system
    from contacts
    {%- if fields %}
    left join own
        on
            contacts.source_system = own.source_system
            and contacts.contact_id = own.contact_id
    {%- endif %}

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as contact_key,
        cast(null as string) as contact_id,
        cast('No contact' as string) as name,
        cast(null as string) as company_key,
        cast(null as string) as url,
        {% for field in fields -%}
        cast(null as {{ own_type(field) }}) as {{ field.name }},
        {% endfor -%}
        'unknown' as source_system

)

select * from with_unknown
