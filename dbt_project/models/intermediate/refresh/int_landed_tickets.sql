{{ config(materialized='view') }}

with

landed as (
    {% for source_system, relation in sources_of('tickets').items() %}
    select
        cast('{{ source_system }}' as string) as source_system,
        ticket_id
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

)

select * from landed
