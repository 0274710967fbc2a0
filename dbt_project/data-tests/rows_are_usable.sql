{#- A table with more than half of its rows unusable is a broken feed; in a strict table one unusable row is too many.
    Returns the reasons for each such table, with the number of rows, the first of them, and the remedy. A build reports
    these rows instead of the name of the test: `helpdesk.transform.dbt_results`. -#}
{#- Dagster shows it as a check of one asset. -#}
{{ config(meta={'dagster': {'ref': {'name': 'reconciliation'}}}) }}
{%- set strict = strict_tables() -%}
{%- set tolerated = ['sla_policies'] if var('leave_out_unusable_policies') else [] -%}
with

reconciled as (

    select * from {{ ref('reconciliation') }}

),

rejected as (

    select * from {{ ref('quarantine') }}

),

failing as (

    select
        source_system,
        table_name,
        rows_read,
        rows_quarantined,
        table_name in ('{{ strict | join("', '") }}') as is_strict
    from reconciled
    where
        table_name not in ('{{ tolerated | join("', '") }}')
        and (
            2 * rows_quarantined > rows_read
            or (rows_quarantined > 0 and table_name in ('{{ strict | join("', '") }}'))
        )

),

numbered as (

    select
        rejected.*,
        failing.rows_read,
        failing.rows_quarantined,
        failing.is_strict,
        count(*) over (
            partition by rejected.source_system, rejected.table_name, rejected.reason
        ) as row_count,
        row_number() over (
            partition by rejected.source_system, rejected.table_name, rejected.reason
            order by rejected.landed_file, rejected.landed_row
        ) as place
    from rejected
    inner join failing
        on
            rejected.source_system = failing.source_system
            and rejected.table_name = failing.table_name

)

select
    source_system,
    table_name,
    is_strict,
    rows_read,
    rows_quarantined,
    reason,
    row_count,
    landed_file,
    landed_row,
    row_key,
    remedy
from numbered
where place = 1
order by source_system, table_name, row_count desc, reason
