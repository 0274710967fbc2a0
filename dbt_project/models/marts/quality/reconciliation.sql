{%- set tables = contract_tables() -%}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

landing_tables as (

    select * from {{ ref('stg_landing__tables') }}

),

-- A source without data has nothing to account for.
landed_sources as (

    select distinct source_system
    from landing_tables
    where is_configured

),

files as (

    select * from {{ ref('stg_landing__files') }}

),

-- A help desk that stores SLA clocks, or records their targets on tickets, needs no policies in the data.
sources_with_clocks as (

    select distinct source_system
    from {{ ref('fct_sla_clocks') }}

),
{% for table in tables %}
{{ table }}_valid as (

    select
        source_system,
        '{{ table }}' as table_name,
        {%- if table in ticket_tables() %}
        cast(sum(rows_{{ table }}) as bigint) as row_count
    from {{ ref('int_ticket_checks') }}
        {%- else %}
        count(*) as row_count
    from {{ ref('int_' ~ table ~ '_valid') }}
        {%- endif %}
    group by source_system

),
{% endfor %}
dispositions as (

    select
        source_system,
        table_name,
        row_disposition,
        count(*) as row_count
    from {{ ref('int_reference_rows_rejected') }}
    group by source_system, table_name, row_disposition
    {%- for table in tables %}
    union all
    select
        source_system,
        table_name,
        'valid' as row_disposition,
        row_count
    from {{ table }}_valid
    {%- if table not in reference_tables() %}
    union all
    select
        source_system,
        '{{ table }}' as table_name,
        row_disposition,
        count(*) as row_count
    from {{ ref('int_' ~ table ~ '_rejected') }}
    group by source_system, row_disposition
    {%- endif %}
    {%- endfor %}

),

counted as (

    select
        source_system,
        table_name,
        sum(case when row_disposition = 'valid' then row_count else 0 end)
            as rows_modelled,
        sum(case when row_disposition = 'quarantined' then row_count else 0 end)
            as rows_quarantined,
        sum(case when row_disposition = 'duplicate' then row_count else 0 end)
            as rows_duplicate,
        sum(case when row_disposition = 'superseded' then row_count else 0 end)
            as rows_superseded,
        sum(case when row_disposition = 'deferred' then row_count else 0 end)
            as rows_held_back
    from dispositions
    group by source_system, table_name

),

read_rows as (

    select
        source_system,
        table_name,
        sum(rows_read) as rows_read,
        sum(rows_rejected) as rows_rejected
    from files
    group by source_system, table_name

),

undeclared as (

    select
        source_system,
        'ticket_field_history' as table_name,
        sum(row_count) as row_count
    from {{ ref('stg_landing__history_fields') }}
    where is_undeclared
    group by source_system

),

accounted as (

    select
        landing_tables.source_system,
        landing_tables.table_name,
        landing_tables.is_configured
        or (
            landing_tables.table_name in ('sla_policies', 'sla_targets')
            and sources_with_clocks.source_system is not null
        ) as is_configured,
        landing_tables.is_configured as is_landed,
        -- Vendor streams have no count of rows read per contract table, so it is the sum of the results.
        cast(
            case
                when landing_tables.source_system = 'generic' then coalesce(read_rows.rows_read, 0)
                else
                    coalesce(counted.rows_modelled, 0)
                    + coalesce(counted.rows_quarantined, 0)
                    + coalesce(counted.rows_duplicate, 0)
                    + coalesce(counted.rows_superseded, 0)
                    + coalesce(counted.rows_held_back, 0)
                    + coalesce(read_rows.rows_rejected, 0)
            end as bigint
        ) as rows_read,
        cast(coalesce(counted.rows_modelled, 0) as bigint) as rows_modelled,
        cast(
            coalesce(counted.rows_quarantined, 0) + coalesce(read_rows.rows_rejected, 0) as bigint
        ) as rows_quarantined,
        cast(
            coalesce(counted.rows_duplicate, 0) + coalesce(counted.rows_superseded, 0) as bigint
        ) as rows_duplicate,
        cast(coalesce(counted.rows_superseded, 0) as bigint) as rows_superseded,
        cast(coalesce(counted.rows_held_back, 0) as bigint) as rows_held_back,
        cast(coalesce(undeclared.row_count, 0) as bigint) as rows_undeclared,
        builds.build_id
    from landing_tables
    inner join landed_sources
        on landing_tables.source_system = landed_sources.source_system
    cross join builds
    left join sources_with_clocks
        on landing_tables.source_system = sources_with_clocks.source_system
    left join counted
        on
            landing_tables.source_system = counted.source_system
            and landing_tables.table_name = counted.table_name
    left join undeclared
        on
            landing_tables.source_system = undeclared.source_system
            and landing_tables.table_name = undeclared.table_name
    left join read_rows
        on
            landing_tables.source_system = read_rows.source_system
            and landing_tables.table_name = read_rows.table_name
    where
        landing_tables.table_name in (
            {% for table in tables -%}
            '{{ table }}'{{ ', ' if not loop.last }}
            {%- endfor %}
        )

),

reconciled as (

    select
        source_system,
        table_name,
        is_configured,
        rows_read,
        rows_modelled,
        rows_quarantined,
        rows_duplicate,
        rows_superseded,
        rows_held_back,
        rows_undeclared,
        case
            when not is_landed or rows_modelled > 0 then null
            -- A stream of a help desk can feed several tables, and is often without a row.
            when rows_read = 0 and source_system <> 'generic' then null
            when rows_read = 0 then 'its files hold no row'
            when rows_undeclared = rows_read
                then 'no row is of a field that the settings declare (' || cast(rows_read as string) || ')'
            when rows_quarantined = rows_read
                then 'all rows were rejected (' || cast(rows_read as string) || ')'
            when rows_held_back = rows_read
                then 'all rows are dated after as_of (' || cast(rows_read as string) || ')'
            else
                'all rows were rejected (' || cast(rows_quarantined as string)
                || ') or are dated after as_of (' || cast(rows_held_back as string) || ')'
        end as empty_because,
        build_id
    from accounted

)

select * from reconciled
