{%- set tables = contract_tables() -%}
with

rejected_lines as (

    select * from {{ ref('stg_landing__rejected_lines') }}

),

builds as (

    select * from {{ ref('stg_landing__builds') }}

),
{% for table in tables if table not in reference_tables() %}
{{ table }} as (

    select * from {{ ref('int_' ~ table ~ '_rejected') }}
    where row_disposition = 'quarantined'

),
{% endfor %}
reference_rows as (

    select * from {{ ref('int_reference_rows_rejected') }}
    where row_disposition = 'quarantined'

),

unioned as (

    select
        source_system,
        table_name,
        cast(null as string) as row_key,
        row_issue as reason,
        {#- A line that is not a record has no columns, so it cannot be masked: show only its file and number. #}
        {{ 'row_raw' if var('include_personal_data') else 'cast(null as string)' }} as raw_row,
        landed_file,
        landed_line as landed_row
    from rejected_lines
    union all
    select
        source_system,
        table_name,
        shown_key as row_key,
        row_issue as reason,
        row_raw as raw_row,
        landed_file,
        landed_row
    from reference_rows
    {%- for table in tables if table not in reference_tables() %}
    union all
    select
        source_system,
        '{{ table }}' as table_name,
        shown_key as row_key,
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
        {{ remedy('unioned.reason') }} as remedy,
        unioned.raw_row,
        unioned.landed_file,
        cast(unioned.landed_row as bigint) as landed_row,
        builds.build_id
    from unioned
    cross join builds

)

select * from quarantined
