{{ config(materialized='incremental', incremental_strategy='append') }}
{#- An assignment is never undone, so a refresh reads only tickets with new rows. -#}
{%- set of_changed_tickets = is_incremental() and is_refresh() -%}
with

{% if of_changed_tickets -%}
changed as (

    select distinct ticket_id
    from {{ source('landing', 'changes') }}
    where ticket_id is not null

),

{% endif -%}
tickets as (

    select * from {{ source('zendesk', 'tickets') }}
    where
        assignee_id is not null
        {%- if of_changed_tickets %}
        and id in (select changed.ticket_id from changed)
        {%- endif %}

),

audits as (

    select * from {{ source('zendesk', 'ticket_audits') }}
    where
        events like '%assignee_id%'
        {%- if of_changed_tickets %}
        and ticket_id in (select changed.ticket_id from changed)
        {%- endif %}

),

events as (

    {{ json_records('audits', ['_file', '_row'], 'events', ['field_name', 'value']) }}

),

named as (

    select
        assignee_id as user_id,
        _file,
        _row
    from tickets
    union all
    select
        record_value as user_id,
        _file,
        _row
    from events
    where record_field_name = 'assignee_id' and record_value is not null

),

assigned as (

    select
        user_id,
        min(_file) as _file,
        min(_row) as first_row
    from named
    group by user_id

),

-- The number distinguishes two users of one row.
numbered as (

    select
        user_id,
        _file,
        {{ part_of_row('first_row', '500000 + row_number() over (order by user_id)') }} as _row
    from assigned

),

{% if is_incremental() -%}
seen as (

    select user_id from {{ this }}

),

{% endif -%}
arrived as (

    select numbered.*
    from numbered
    {%- if is_incremental() %}
    left join seen
        on numbered.user_id = seen.user_id
    where seen.user_id is null
    {%- endif %}

)

select * from arrived
