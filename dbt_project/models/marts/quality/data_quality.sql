{%- set tables = conformed_tables() -%}
{%- set of_tickets = ticket_tables() -%}
{%- set references = [] -%}
{%- for table in tables if table not in of_tickets -%}
{%- do references.extend(contract_references(table)) -%}{%- endfor -%}
with

builds as (

    select * from {{ ref('int_builds_current') }}

),

reconciled as (

    select
        table_name,
        bool_or(is_configured) as is_configured,
        sum(rows_read) as rows_read,
        sum(rows_quarantined) as rows_quarantined
    from {{ ref('reconciliation') }}
    group by table_name

),

deletions as (

    select * from {{ ref('int_deletions_unioned') }}

),

-- The rows of tickets are looked at ticket by ticket, where they are modelled.
tickets_checked as (

    select
        coalesce(sum(counted), 0) as counted,
        coalesce(sum(spells), 0) as spells,
        coalesce(sum(unknown_statuses), 0) as unknown_statuses,
        coalesce(sum(early_history), 0) as early_history,
        {% for column in covered_columns() -%}
        coalesce(sum(without_{{ column }}), 0) as without_{{ column }},
        {% endfor -%}
        {% for column in checked_columns() -%}
        coalesce(sum({{ column }}), 0) as {{ column }},
        {% endfor -%}
        coalesce(sum(dated_history), 0) as dated_history
    from {{ ref('int_ticket_rows_checked') }}

),

stored as (

    select * from {{ ref('int_reported_values_compared') }}

),

known_tickets as (

    select
        source_system,
        ticket_id as known_id
    from {{ ref('fct_tickets') }}

),

{{ references_named(tables | reject('in', of_tickets) | list, references) }}

references_counted as (

    select
        listed.table_name,
        listed.reference_column,
        listed.to_table,
        coalesce(sum(referring.row_count), 0) as rows_checked,
        coalesce(sum(case when known.known_id is null then referring.row_count end), 0)
            as rows_failing
    from listed
    left join referring
        on
            listed.table_name = referring.table_name
            and listed.reference_column = referring.reference_column
    left join known
        on
            referring.to_table = known.to_table
            and referring.source_system = known.source_system
            and referring.to_id = known.known_id
    group by listed.table_name, listed.reference_column, listed.to_table
    {%- for table in of_tickets %}
    {%- for reference in contract_references(table) %}
    union all
    select
        '{{ table }}' as table_name,
        '{{ reference.label }}' as reference_column,
        '{{ reference.to }}' as to_table,
        checked_{{ table }}_{{ loop.index }} as rows_checked,
        orphan_{{ table }}_{{ loop.index }} as rows_failing
    from tickets_checked
    {%- endfor %}
    {%- endfor %}

),

checks as (

    select
        'quarantined' as kind,
        table_name,
        cast(null as string) as column_name,
        rows_read as rows_checked,
        rows_quarantined as rows_failing,
        'error' as severity,
        'Rows that break the contract and are not modelled. The mart quarantine gives reason,'
        || ' file and row of each: mend them at the source and land them again.' as description
    from reconciled
    union all
    select
        'orphan_reference' as kind,
        table_name,
        reference_column as column_name,
        rows_checked,
        rows_failing,
        'warning' as severity,
        'Rows that name a row of ' || to_table || ' that nobody knows. They are kept, and'
        || ' count as unknown there: land the missing rows, or mend the reference.'
            as description
    from references_counted
    union all
    select
        'early_history' as kind,
        'ticket_field_history' as table_name,
        'changed_at' as column_name,
        dated_history as rows_checked,
        early_history as rows_failing,
        'warning' as severity,
        'Changes dated before their ticket was created; one of the status is taken to have been'
        || ' made at creation. Look at the clocks and zones of the export.' as description
    from tickets_checked
    union all
    select
        'unknown_status' as kind,
        'fct_ticket_status_spells' as table_name,
        'status_state' as column_name,
        spells as rows_checked,
        unknown_statuses as rows_failing,
        'warning' as severity,
        'Stays in a status that no row of statuses gives a meaning: they count as not closed.'
        || ' Land the status, for every pipeline or for that of the ticket.' as description
    from tickets_checked
    union all
    select
        'ignored_deletion' as kind,
        'deletions' as table_name,
        'table' as column_name,
        count(*) as rows_checked,
        sum(case when "table" <> 'tickets' then 1 else 0 end) as rows_failing,
        'warning' as severity,
        'Deletions of rows that are no tickets: they change nothing. Take the row out of its'
        || ' landing file instead.' as description
    from deletions
    {%- for value in ['ended', 'due', 'status'] %}
    union all
    select
        'vendor_disagreement' as kind,
        'vendor_disagreements' as table_name,
        'is_{{ value }}_differing' as column_name,
        count(is_{{ value }}_differing) as rows_checked,
        count(case when is_{{ value }}_differing then 1 end) as rows_failing,
        'info' as severity,
        'Tickets and metrics whose {{ value }} as the help desk stored it is not what events say.'
        || ' The mart vendor_disagreements lists both: look for a common cause.' as description
    from stored
    {%- endfor %}
    union all
    select
        'unknown_reported_status' as kind,
        'tickets' as table_name,
        cast(null as string) as column_name,
        count(reported_status) as rows_checked,
        count(case when is_status_unknown then 1 end) as rows_failing,
        'warning' as severity,
        'SLA statuses that the help desk stored in words nobody knows: each counts as a'
        || ' disagreement. The macro reported_sla_status has the words.' as description
    from stored
    {%- for column in covered_columns() %}
    union all
    select
        'coverage' as kind,
        'fct_tickets' as table_name,
        '{{ column }}' as column_name,
        counted as rows_checked,
        without_{{ column }} as rows_failing,
        'info' as severity,
        'Tickets that are counted and tell no {{ column }} as of the build: filters and'
        || ' breakdowns by it leave them in one group.' as description
    from tickets_checked
    {%- endfor %}

),

described as (

    select
        checks.kind || ':' || checks.table_name || coalesce('.' || checks.column_name, '')
            as check_id,
        checks.kind,
        checks.table_name,
        checks.column_name,
        cast(checks.rows_checked as bigint) as rows_checked,
        cast(coalesce(checks.rows_failing, 0) as bigint) as rows_failing,
        coalesce(checks.rows_failing, 0) / nullif(cast(checks.rows_checked as double), 0)
            as share_failing,
        checks.severity,
        checks.description,
        builds.build_id,
        builds.as_of
    from checks
    cross join builds
    left join reconciled as absent
        on
            checks.table_name = absent.table_name
            and not absent.is_configured
    where absent.table_name is null

)

select * from described
