{%- set tables = contract_tables() -%}
{%- set of_tickets = ticket_tables() -%}
{%- set references = [] -%}
{%- for table in tables if table not in of_tickets -%}
{%- do references.extend(contract_references(table)) -%}{%- endfor -%}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

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

    select * from {{ ref('int_deletions_valid') }}

),

-- Rows of tickets are checked ticket by ticket in the intermediate models: a refresh checks only changed tickets.
tickets_checked as (

    select
        coalesce(sum(counted), 0) as counted,
        coalesce(sum(status_intervals), 0) as status_intervals,
        coalesce(sum(unknown_statuses), 0) as unknown_statuses,
        coalesce(sum(early_history), 0) as early_history,
        coalesce(sum(closed_tickets), 0) as closed_tickets,
        coalesce(sum(closes_without_history), 0) as closes_without_history,
        coalesce(sum(unknown_close_times), 0) as unknown_close_times,
        coalesce(sum(changes), 0) as changes,
        coalesce(sum(inferred_changes), 0) as inferred_changes,
        coalesce(sum(rows_messages), 0) as messages,
        coalesce(sum(unknown_authors), 0) as unknown_authors,
        coalesce(sum(urls), 0) as urls,
        coalesce(sum(unusable_urls), 0) as unusable_urls,
        coalesce(sum(unknown_conversations), 0) as unknown_conversations,
        {% for column in covered_columns() -%}
        coalesce(sum(without_{{ column }}), 0) as without_{{ column }},
        {% endfor -%}
        {% if own_value_fields('ticket') -%}
        coalesce(sum(unreadable_own_fields), 0) as unreadable_own_fields,
        coalesce(sum(rows_tickets), 0) as rows_tickets,
        {% endif -%}
        {% for field in typed_own_fields('ticket') -%}
        coalesce(sum(own_{{ field.name }}), 0) as ticket__{{ field.name }},
        {% endfor -%}
        {% for table in of_tickets -%}
        {% for reference in contract_references(table) -%}
        coalesce(sum(checked_{{ table }}_{{ loop.index }}), 0) as checked_{{ table }}_{{ loop.index }},
        coalesce(sum(orphan_{{ table }}_{{ loop.index }}), 0) as orphan_{{ table }}_{{ loop.index }},
        {% endfor -%}
        {% endfor -%}
        coalesce(sum(dated_history), 0) as dated_history
    from {{ ref('int_ticket_checks') }}

),

stored as (

    select * from {{ ref('int_vendor_metrics') }}

),

policies as (

    select distinct
        source_system,
        policy_id
    from {{ ref('int_sla_policies_valid') }}

),

clocks_checked as (

    select
        count(case when is_in_ticket_schedule then 1 end) as clocks_in_ticket_schedule,
        count(case when is_in_ticket_schedule and schedule_id is null then 1 end) as clocks_without_schedule,
        count(*) as clocks,
        count(case when basis = 'reported' then 1 end) as reported_clocks
    from {{ ref('fct_sla_clocks') }}

),

policies_with_clocks as (

    select distinct
        source_system,
        policy_id
    from {{ ref('fct_sla_clocks') }}
    where policy_id is not null

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

value_checks as (

    select * from {{ ref('int_value_checks') }}

),

undeclared_fields as (

    select
        coalesce(sum(row_count), 0) as changes,
        coalesce(sum(case when is_undeclared then row_count end), 0) as undeclared_changes
    from {{ ref('stg_landing__history_fields') }}

),
{% if own_fields() %}
own_fields as (

    select * from {{ ref('dim_fields') }}

),

values_landed as (
    {% for field in typed_own_fields('ticket') %}
    select
        'ticket:{{ field.name }}' as field_key,
        ticket__{{ field.name }} as landed_count
    from tickets_checked
    union all
    {%- endfor %}
    {%- for object, relation in {'company': 'int_companies_valid', 'contact': 'int_contacts_valid'}.items() %}
    {%- for field in typed_own_fields(object) %}
    select
        '{{ object }}:{{ field.name }}' as field_key,
        count({{ own_value(field, 'landed') }}) as landed_count
    from {{ ref(relation) }} as landed
    union all
    {%- endfor %}
    {%- endfor %}
    select
        cast(null as string) as field_key,
        cast(null as bigint) as landed_count
    from undeclared_fields
    where false

),
{% endif %}
checks as (

    select
        'quarantined' as kind,
        table_name,
        cast(null as string) as column_name,
        rows_read as rows_checked,
        rows_quarantined as rows_failing,
        'error' as severity,
        'Rows that break the contract and are in no figure. The mart quarantine has the reason, file and'
        || ' row of each: correct them at the source and export them again.' as description
    from reconciled
    union all
    select
        'orphan_reference' as kind,
        table_name,
        reference_column as column_name,
        rows_checked,
        rows_failing,
        'warning' as severity,
        'Rows that refer to a row of ' || to_table || ' that is not in the data. They are kept and'
        || ' count as unknown there: export the missing rows, or correct the reference.'
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
        'Changes dated before the creation of their ticket. A change of the status counts as made at'
        || ' creation. Check the clocks and time zones of the export.' as description
    from tickets_checked
    union all
    select
        'unknown_close_time' as kind,
        'fct_tickets' as table_name,
        'closed_at' as column_name,
        closed_tickets as rows_checked,
        unknown_close_times as rows_failing,
        'warning' as severity,
        'Closed tickets without a status history and without a close time of the help desk. They are'
        || ' closed, but in no backlog, no time to close and no close date. Export their history, or'
        || ' reported_closed_at.' as description
    from tickets_checked
    union all
    select
        'reported_close_time' as kind,
        'fct_tickets' as table_name,
        'closed_at' as column_name,
        closed_tickets as rows_checked,
        closes_without_history - unknown_close_times as rows_failing,
        'info' as severity,
        'Closed tickets without a status history. Their close time is the one that the help desk'
        || ' reported (closed_at_basis).' as description
    from tickets_checked
    union all
    select
        'inferred_change' as kind,
        'ticket_field_history' as table_name,
        'value' as column_name,
        changes as rows_checked,
        inferred_changes as rows_failing,
        'warning' as severity,
        'Changes without a history row. The ticket row is newer than the last change of the property and'
        || ' has another value, so the change has the time of the ticket row. Check whether the export of'
        || ' the history is older than that of the tickets.' as description
    from tickets_checked
    union all
    select
        'unknown_author' as kind,
        'messages' as table_name,
        'author_type' as column_name,
        messages as rows_checked,
        unknown_authors as rows_failing,
        'warning' as severity,
        'Messages with an unknown author. They count neither as a customer message nor as an agent'
        || ' response. Export the author, or set author_type.' as description
    from tickets_checked
    union all
    select
        'unusable_url' as kind,
        'tickets' as table_name,
        'url' as column_name,
        urls as rows_checked,
        unusable_urls as rows_failing,
        'warning' as severity,
        'Links that begin with neither http:// nor https://. The ticket has no link. Export complete'
        || ' addresses, or set url_templates.' as description
    from tickets_checked
    union all
    select
        'unknown_conversation' as kind,
        'fct_tickets' as table_name,
        'first_response_at' as column_name,
        counted as rows_checked,
        unknown_conversations as rows_failing,
        'warning' as severity,
        'Tickets whose conversation is not in the data, such as a chat. They have no response cycle, no'
        || ' first response and no response clock. Export the messages of the conversation.'
            as description
    from tickets_checked
    union all
    select
        'unknown_status' as kind,
        'fct_ticket_status_history' as table_name,
        'status_state' as column_name,
        status_intervals as rows_checked,
        unknown_statuses as rows_failing,
        'warning' as severity,
        'Status intervals whose status is in no row of statuses. They count as not closed. Export the'
        || ' status, for every pipeline or for that of the ticket.' as description
    from tickets_checked
    union all
    select * from value_checks
    union all
    select
        'undeclared_field' as kind,
        'ticket_field_history' as table_name,
        'field' as column_name,
        changes as rows_checked,
        undeclared_changes as rows_failing,
        'info' as severity,
        'Changes of fields that are neither in the contract nor declared in the settings. They are in no'
        || ' figure. Declare the field to have its values at creation and at close.' as description
    from undeclared_fields
    {%- if own_fields() %}
    union all
    select
        'missing_own_field' as kind,
        case object {% for object in ['ticket', 'company', 'contact'] %}when '{{ object }}' then '{{ own_mart(object) }}' {% endfor %}end
            as table_name,
        name as column_name,
        row_count as rows_checked,
        case when filled_count = 0 then row_count else 0 end as rows_failing,
        'warning' as severity,
        'A declared own field without a value in any row. Check that its id in the settings is that of the help'
        || ' desk: helpdesk fields discover lists the ids.' as description
    from own_fields
    union all
    select
        'unreadable_own_field' as kind,
        case object {% for object in ['ticket', 'company', 'contact'] %}when '{{ object }}' then '{{ own_mart(object) }}' {% endfor %}end
            as table_name,
        name as column_name,
        values_landed.landed_count as rows_checked,
        values_landed.landed_count - own_fields.filled_count as rows_failing,
        'warning' as severity,
        'Values of an own field that are not of type ' || own_fields.type || '. The column is null there. Declare'
        || ' another type in the settings (type: text), or correct the values at the source.' as description
    from own_fields
    inner join values_landed
        on own_fields.field_key = values_landed.field_key
    {%- for object, table in {'ticket': 'tickets', 'company': 'companies', 'contact': 'contacts'}.items()
        if own_value_fields(object) %}
    union all
    select
        'unreadable_own_field' as kind,
        '{{ table }}' as table_name,
        'own_fields' as column_name,
        {% if object == 'ticket' -%}
        rows_tickets as rows_checked,
        unreadable_own_fields as rows_failing,
        {%- else -%}
        count(*) as rows_checked,
        count(case when is_own_fields_unreadable then 1 end) as rows_failing,
        {%- endif %}
        'warning' as severity,
        'Rows whose own_fields is not JSON. They have no value of these own fields. Write an object such as'
        || ' {"product_area": "billing"}.' as description
    from {{ 'tickets_checked' if object == 'ticket' else ref('int_' ~ table ~ '_valid') }}
    {%- endfor %}
    {%- for field in own_fields('ticket') | selectattr('at') %}
    {%- set id = own_field_id(field, 'generic') %}
    union all
    select
        'own_field_without_history' as kind,
        'fct_tickets' as table_name,
        '{{ field.name }}' as column_name,
        count(*) as rows_checked,
        count(case when field_sources.has_history is null then 1 end) as rows_failing,
        'warning' as severity,
        'Tickets of a source without a change of an own field in its history. The value at creation and at close'
        || ' is unknown, and null. Export the changes in ticket_field_history, or remove `at` from the settings.'
            as description
    from {{ ref('fct_tickets') }} as tickets
    left join (
        select
            source_system,
            true as has_history
        from {{ ref('stg_landing__history_fields') }}
        where source_system <> 'generic'{% if id is not none %} or field = {{ text_literal(id) }}{% endif %}
        group by source_system
    ) as field_sources
        on tickets.source_system = field_sources.source_system
    where tickets.{{ field.name }} is not null
    {%- endfor %}
    {%- endif %}
    union all
    select
        'ignored_deletion' as kind,
        'deletions' as table_name,
        'table' as column_name,
        count(*) as rows_checked,
        sum(case when "table" <> 'tickets' then 1 else 0 end) as rows_failing,
        'warning' as severity,
        'Deletions of rows that are not tickets. They have no effect. Remove the row from its landing'
        || ' file instead.' as description
    from deletions
    {%- for value, column, label in [
        ('ended', 'ended_at_differs', 'end'),
        ('due', 'due_at_differs', 'due time'),
        ('status', 'status_differs', 'status'),
    ] %}
    union all
    select
        'vendor_disagreement' as kind,
        'vendor_metric_discrepancies' as table_name,
        '{{ column }}' as column_name,
        count(is_{{ value }}_differing) as rows_checked,
        count(case when is_{{ value }}_differing then 1 end) as rows_failing,
        'info' as severity,
        'Tickets and metrics whose {{ label }} in the help desk differs from that of the events.'
        || ' The mart vendor_metric_discrepancies lists both: look for a common cause.'
            as description
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
        'SLA statuses of the help desk in unknown words. Each counts as a discrepancy. The macro'
        || ' reported_sla_status has the known words.' as description
    from stored
    union all
    select
        'clock_without_schedule' as kind,
        'fct_sla_clocks' as table_name,
        'schedule_id' as column_name,
        clocks_in_ticket_schedule as rows_checked,
        clocks_without_schedule as rows_failing,
        'warning' as severity,
        'SLA clocks in the schedule of their ticket, where the ticket has none. They count around the clock.'
        || ' Export the schedule of the ticket or of its pipeline, or set default_schedule_id.' as description
    from clocks_checked
    union all
    select
        'reported_clock' as kind,
        'fct_sla_clocks' as table_name,
        'basis' as column_name,
        clocks as rows_checked,
        reported_clocks as rows_failing,
        'info' as severity,
        'SLA clocks of metrics without a target in the data. Their due times and statuses are those that the help'
        || ' desk stored. Export sla_policies and sla_targets to have them computed.' as description
    from clocks_checked
    union all
    select
        'policy_without_clock' as kind,
        'sla_policies' as table_name,
        cast(null as string) as column_name,
        count(*) as rows_checked,
        count(case when policies_with_clocks.policy_id is null then 1 end) as rows_failing,
        -- A policy without its first ticket is normal. If no policy has a ticket, there are no figures.
        case
            when count(policies_with_clocks.policy_id) = 0 then 'warning'
            else 'info'
        end as severity,
        'SLA policies of which no clock has started. No ticket meets their conditions, or they have no'
        || ' target for its priority. If this is true of all policies, there are no SLA figures.'
            as description
    from policies
    left join policies_with_clocks
        on
            policies.source_system = policies_with_clocks.source_system
            and policies.policy_id = policies_with_clocks.policy_id
    {%- for column in covered_columns() %}
    union all
    select
        'coverage' as kind,
        'fct_tickets' as table_name,
        '{{ column }}' as column_name,
        counted as rows_checked,
        without_{{ column }} as rows_failing,
        'info' as severity,
        'Counted tickets without a {{ column }} at as_of. Filters and breakdowns by it put them in one'
        || ' group.' as description
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
