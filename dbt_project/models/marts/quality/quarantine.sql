{%- set tables = conformed_tables() -%}
{#- A line that is no record cannot be masked by column: where its table holds personal data, as
    any stream of a vendor may, the file and the line must do. -#}
{%- set masked_tables = ["''"] -%}
{%- for table in tables
    if not var('include_personal_data') and contract_columns(table) | selectattr('personal') | list -%}
    {%- do masked_tables.append("'" ~ table ~ "'") -%}
{%- endfor -%}
with

rejected_lines as (

    select * from {{ ref('stg_landing__rejected_rows') }}

),

builds as (

    select * from {{ ref('int_builds_current') }}

),
{% for table in tables %}
{{ table }} as (

    select * from {{ ref('int_' ~ table ~ '_refused') }}
    where row_disposition = 'quarantined'

),
{% endfor %}
unioned as (

    select
        source_system,
        table_name,
        cast(null as string) as row_key,
        row_issue as reason,
        case
            {%- if var('include_personal_data') %}
            when true then row_raw
            {%- else %}
            when source_system = 'generic' and table_name not in ({{ masked_tables | join(', ') }})
                then row_raw
            {%- endif %}
        end as raw_row,
        landed_file,
        landed_line as landed_row
    from rejected_lines
    {%- for table in tables %}
    union all
    select
        source_system,
        '{{ table }}' as table_name,
        row_key,
        row_issue as reason,
        row_raw as raw_row,
        landed_file,
        landed_row
    from {{ table }}
    {%- endfor %}

),

quarantined as (

    select
        unioned.source_system,
        unioned.table_name,
        unioned.row_key,
        unioned.reason,
        unioned.raw_row,
        unioned.landed_file,
        cast(unioned.landed_row as bigint) as landed_row,
        builds.build_id
    from unioned
    cross join builds

)

select * from quarantined
