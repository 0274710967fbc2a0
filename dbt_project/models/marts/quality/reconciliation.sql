{%- set tables = conformed_tables() -%}
with

builds as (

    select * from {{ ref('int_builds_current') }}

),

landing_tables as (

    select * from {{ ref('stg_landing__tables') }}

),

-- Of a source that has landed nothing, there is nothing to account for.
landed_sources as (

    select distinct source_system
    from landing_tables
    where is_configured

),

files as (

    select * from {{ ref('stg_landing__files') }}

),
{% for table in tables %}
modelled_{{ table }} as (

    {{ modelled_count(table) }}

),

refused_{{ table }} as (

    select
        source_system,
        row_disposition,
        count(*) as row_count
    from {{ ref('int_' ~ table ~ '_refused') }}
    group by source_system, row_disposition

),
{% endfor %}
dispositions as (
    {% for table in tables %}
    select
        source_system,
        '{{ table }}' as table_name,
        'modelled' as row_disposition,
        row_count
    from modelled_{{ table }}
    union all
    select
        source_system,
        '{{ table }}' as table_name,
        row_disposition,
        row_count
    from refused_{{ table }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}

),

counted as (

    select
        source_system,
        table_name,
        sum(case when row_disposition = 'modelled' then row_count else 0 end)
            as rows_modelled,
        sum(case when row_disposition = 'quarantined' then row_count else 0 end)
            as rows_quarantined,
        sum(case when row_disposition = 'duplicate' then row_count else 0 end)
            as rows_duplicate,
        sum(case when row_disposition = 'superseded' then row_count else 0 end)
            as rows_superseded,
        sum(case when row_disposition = 'held_back' then row_count else 0 end)
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

reconciled as (

    select
        landing_tables.source_system,
        landing_tables.table_name,
        landing_tables.is_configured,
        -- What a vendor's stream becomes has no number of its own: it is what became of it.
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
        builds.build_id
    from landing_tables
    inner join landed_sources
        on landing_tables.source_system = landed_sources.source_system
    cross join builds
    left join counted
        on
            landing_tables.source_system = counted.source_system
            and landing_tables.table_name = counted.table_name
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

)

select * from reconciled
