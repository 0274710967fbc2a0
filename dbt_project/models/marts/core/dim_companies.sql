{%- set fields = own_fields('company') -%}
{%- set columns = {} -%}
{%- for field in fields -%}
    {%- do columns.update({field.name: field}) -%}
{%- endfor -%}
with

companies as (

    select * from {{ ref('int_companies_valid') }}

),
{% if fields %}
own_values as (

    select
        source_system,
        company_id
        {%- for field in fields %},
        {{ own_value(field, 'companies') }} as {{ field.name }}
        {%- endfor %}
    from companies

),

own as (

    {{ own_columns('own_values', ['source_system', 'company_id'], columns) }}

),
{% endif %}
known as (

    select
        {{ entity_key('companies.company_id', 'companies.source_system') }} as company_key,
        companies.company_id,
        coalesce(companies.name, companies.company_id) as name,
        companies.domain,
        {{ record_url('company', 'companies.company_id', 'companies.source_system', 'companies.url') }} as url,
        {% for field in fields -%}
        own.{{ field.name }},
        {% endfor -%}
        companies.source_system
    from companies
    {%- if fields %}
    left join own
        on
            companies.source_system = own.source_system
            and companies.company_id = own.company_id
    {%- endif %}

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as company_key,
        cast(null as string) as company_id,
        cast('No company' as string) as name,
        cast(null as string) as domain,
        cast(null as string) as url,
        {% for field in fields -%}
        cast(null as {{ own_type(field) }}) as {{ field.name }},
        {% endfor -%}
        'unknown' as source_system

)

select * from with_unknown
