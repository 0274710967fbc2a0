{%- set is_refreshing = not execute or is_refresh() -%}
{#- Columns of ticket tables that refer to a table whose rows can change without a change of the ticket. -#}
{%- set pointed_to = ['agents', 'contacts', 'companies', 'channels', 'channel_accounts'] -%}
{%- set pointers = [] -%}
{%- for table in ticket_tables() -%}
    {%- do pointers.extend(contract_references(table) | selectattr('to', 'in', pointed_to)) -%}
{%- endfor -%}
{%- set sources = {} -%}
{%- for table in ticket_tables() -%}
    {%- do sources.update({table: sources_of(table)}) -%}
{%- endfor -%}
with

builds as (

    select * from {{ ref('stg_landing__builds') }}

),

changes as (

    select * from {{ source('landing', 'changes') }}

),

reordered as (

    select distinct
        source_system,
        table_name
    from {{ source('landing', 'reordered') }}

),

revisits as (

    select * from {{ source('landing', 'revisits') }}

),

deletions as (

    select * from {{ ref('stg_deletions') }}
    where "table" = 'tickets'

),

changed_references as (

    select * from {{ ref('int_changed_references') }}

),

shared_messages as (

    select * from {{ ref('int_shared_messages') }}

),

-- Open tickets and recent SLA clocks are always modelled again. A rejected row is when it is due, or when its file
-- was rewritten, because another row of its key can then be the valid one.
due_revisits as (

    select {{ entity_key('revisits.ticket_id', 'revisits.source_system') }} as ticket_key
    from revisits
    cross join builds
    left join reordered
        on
            revisits.source_system = reordered.source_system
            and revisits.table_name = reordered.table_name
    where
        revisits.table_name is null
        or revisits.revisit_at <= builds.as_of
        or reordered.table_name is not null

),

due_deletions as (

    select {{ entity_key('deletions."key"', 'deletions.source_system') }} as ticket_key
    from deletions
    cross join builds
    where
        deletions.deleted_at > builds.previous_as_of
        and deletions.deleted_at <= builds.as_of

),

pointing as (

    select cast(null as string) as ticket_key
    from changes
    where false
    {%- for pointer in pointers %}
    {%- for source_system, relation in sources[pointer.table].items() %}
    union all
    select {{ entity_key("coalesce(landed.ticket_id, '')", "'" ~ source_system ~ "'") }} as ticket_key
    from {{ relation }} as landed
    inner join changed_references
        on
            changed_references.source_system = '{{ source_system }}'
            and changed_references.table_name = '{{ pointer.to }}'
            and landed.{{ pointer.column }} = changed_references.row_key
            {#- The type of an author can change with the agent, so every message of the agent counts. #}
            {%- if pointer.by and pointer.by != 'author_type' %}
            and {{ compared('landed.' ~ pointer.by) }} = '{{ pointer.value }}'
            {%- endif %}
    {%- endfor %}
    {%- endfor %}

),

landed_tickets as (

    select {{ entity_key('ticket_id') }} as ticket_key
    from changes
    where table_name = 'tickets'
    union
    select ticket_key from due_revisits

),

-- Tickets that were merged into a ticket that was added or removed.
merged as (
    {% for source_system, relation in sources['tickets'].items() %}
    {%- set source = "'" ~ source_system ~ "'" %}
    select {{ entity_key("coalesce(ticket_id, '')", source) }} as ticket_key
    from {{ relation }}
    where
        {{ entity_key('merged_into_id', source) }}
        in (select landed_tickets.ticket_key from landed_tickets)
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

named as (

    select {{ entity_key('ticket_id') }} as ticket_key
    from changes
    where ticket_id is not null
    {%- for relation in ['due_revisits', 'due_deletions', 'pointing', 'merged'] %}
    union
    select ticket_key from {{ relation }}
    {%- endfor %}

),

-- Tickets with the same message are modelled together.
reached as (

    {{ reached_from('named', 'shared_messages', 'ticket_key', 'other_ticket_key') }}

),

-- Ids can have a colon, names of sources cannot.
keyed as (

    select
        split_part(ticket_key, ':', 1) as source_system,
        substr(ticket_key, instr(ticket_key, ':') + 1) as ticket_id,
        ticket_key
    from reached
    {%- if not is_refreshing %}
    -- A full build models every ticket and needs no list.
    where false
    {%- endif %}

)

select * from keyed
