{%- set own = [] -%}
{%- for field in own_fields('ticket') -%}
    {%- for system in ['generic'] + listed_sources().keys() | list if own_field_id(field, system) is not none -%}
        {%- do own.append((system, field)) -%}
    {%- endfor -%}
{%- endfor -%}
{#- Unit tests cannot read the contract. -#}
{%- set standard = [] -%}
{%- if execute and own -%}
    {%- do standard.extend((contract_columns('ticket_field_history') | selectattr('accepts_own') | first).accepted) -%}
{%- endif %}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

tickets as (

    select
        valid.source_system,
        valid.ticket_id,
        numbered.ticket_number,
        valid.updated_at,
        valid.status_id,
        valid.pipeline_id,
        valid.agent_id,
        valid.team_id,
        valid.priority,
        valid.channel_account_id
    from {{ ref('int_tickets_valid') }} as valid
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            valid.source_system = numbered.source_system
            and valid.ticket_id = numbered.ticket_id

),

files as (

    select
        landed_file,
        landing_order
    from {{ ref('stg_landing__files') }}

),

-- Each change, with the value of the ticket row.
changes as (

    select
        history.source_system,
        tickets.ticket_number,
        {% if own -%}
        case
            when history.field in ('{{ standard | join("', '") }}') then history.field
            {%- for system, field in own %}
            when history.source_system = '{{ system }}' and history.field = {{ text_literal(own_field_id(field, system)) }}
                then '{{ own_history_field(field) }}'
            {%- endfor %}
        end as field,
        {%- else -%}
        history.field,
        {%- endif %}
        history.value,
        history.changed_at,
        history.seq,
        history.landed_row,
        files.landing_order,
        tickets.updated_at as row_written_at,
        case history.field
            when 'status' then tickets.status_id
            when 'pipeline' then tickets.pipeline_id
            when 'agent' then tickets.agent_id
            when 'team' then tickets.team_id
            when 'priority' then tickets.priority
            when 'channel_account' then tickets.channel_account_id
        end as row_value
    from {{ ref('int_ticket_field_history_valid') }} as history
    inner join tickets
        on
            history.source_system = tickets.source_system
            and history.ticket_id = tickets.ticket_id
    left join files
        on history.landed_file = files.landed_file

),

-- Changes at one time without seq: the one that agrees with the ticket row is the last, the others keep the
-- order of the file.
ordered as (

    select
        source_system,
        ticket_number,
        field,
        value,
        changed_at,
        row_value,
        row_written_at,
        row_number() over by_time as change_number,
        lag(value) over by_time as previous_value,
        lead(changed_at) over by_time as next_changed_at,
        coalesce(
            seq is null
            and lag(seq) over by_time is null
            and changed_at = lag(changed_at) over by_time,
            false
        ) as is_ordered_by_file
    from changes
    window by_time as (
        partition by ticket_number, field
        order by
            changed_at,
            seq nulls first,
            case when value = row_value then 1 else 0 end,
            landing_order,
            landed_row
    )

),

-- A ticket row that is newer than the last change, and has another value, is right. An empty value has no effect,
-- because an export can lack the column.
lagging as (

    select ordered.*
    from ordered
    cross join builds
    where
        ordered.next_changed_at is null
        and ordered.field in ('status', 'pipeline', 'agent', 'team', 'priority')
        and ordered.row_written_at > ordered.changed_at
        and ordered.row_written_at <= builds.as_of
        and case ordered.field
            when 'priority'
                then {{ compared('ordered.row_value') }} <> coalesce({{ compared('ordered.value') }}, '')
            else ordered.row_value <> coalesce(ordered.value, '')
        end

),

completed as (

    select
        ordered.source_system,
        ordered.ticket_number,
        ordered.field,
        ordered.value,
        ordered.changed_at,
        ordered.change_number,
        ordered.previous_value,
        coalesce(ordered.next_changed_at, lagging.row_written_at) as next_changed_at,
        ordered.is_ordered_by_file,
        false as is_inferred
    from ordered
    left join lagging
        on
            ordered.ticket_number = lagging.ticket_number
            and ordered.field = lagging.field
            and ordered.change_number = lagging.change_number
    union all
    select
        source_system,
        ticket_number,
        field,
        row_value as value,
        row_written_at as changed_at,
        change_number + 1 as change_number,
        value as previous_value,
        cast(null as timestamp) as next_changed_at,
        false as is_ordered_by_file,
        true as is_inferred
    from lagging

)

select * from completed
