{#- Read before anything is modelled: what the build before left in the marts and in the screening
    tells which figures move with the clock. In doubt a ticket is in: one more changes nothing. -#}
{%- set is_refresh = not execute or changed_only() -%}
{%- do reads_landed_tickets() -%}
{%- set found_by = ['resettled', 'arrived', 'deleted', 'open_tickets', 'moving_clocks', 'moved'] -%}
with

builds as (

    select
        as_of,
        previous_as_of,
        {{ day_before('previous_as_of') }} as previous_day_before_at
    from {{ ref('stg_landing__builds') }}

),
{%- if is_refresh %}

changes as (

    select * from {{ source('landing', 'changes') }}

),

reordered as (

    select distinct
        source_system,
        table_name
    from {{ source('landing', 'reordered') }}

),

came_or_went as (

    select * from {{ ref('stg_landing__changed_references') }}

),

sharing as (

    select * from {{ ref('stg_landing__shared_messages') }}

),

deletions as (
    {% for source_system in landed_sources('deletions') %}
    select
        source_system,
        "key" as ticket_id,
        deleted_at
    from {{ ref('stg_' ~ source_system ~ '__deletions') }}
    where "table" = 'tickets'
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

tickets as (

    select * from {{ stored('marts', 'fct_tickets') }}

),

clocks as (

    select * from {{ stored('marts', 'fct_sla_clocks') }}

),

primary_teams as (

    select * from {{ stored('intermediate', 'int_agent_primary_teams_picked') }}

),

refused as (
    {% for table in ticket_tables() %}
    select
        '{{ table }}' as table_name,
        source_system,
        ticket_id,
        waits_until
    from {{ stored('intermediate', 'int_' ~ table ~ '_refused') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Where a file was written anew, older rows of a key may stand again, and rows have other places.
resettled as (

    select {{ entity_key('refused.ticket_id', 'refused.source_system') }} as ticket_key
    from refused
    inner join reordered
        on
            refused.source_system = reordered.source_system
            and refused.table_name = reordered.table_name

),

arrived as (

    select {{ entity_key('refused.ticket_id', 'refused.source_system') }} as ticket_key
    from refused
    cross join builds
    where refused.waits_until <= builds.as_of

),

deleted as (

    select {{ entity_key('deletions.ticket_id', 'deletions.source_system') }} as ticket_key
    from deletions
    cross join builds
    where
        deletions.deleted_at > builds.previous_as_of
        and deletions.deleted_at <= builds.as_of

),

open_tickets as (

    select ticket_key
    from tickets
    where closed_at is null

),

-- A clock that had ended by the day before the last build stands for good; so does, but for the
-- time it has run, one that was overdue or paused by then on a ticket which has been closed since.
moving_clocks as (

    select tickets.ticket_key
    from clocks
    cross join builds
    inner join tickets
        on clocks.ticket_key = tickets.ticket_key
    where
        case
            when clocks.ended_at > builds.previous_day_before_at then true
            when clocks.ended_at is not null then clocks.status_a_day_before is not null
            when coalesce(tickets.closed_at, builds.as_of) > builds.previous_day_before_at then true
            when clocks.status = 'overdue' then clocks.due_at >= builds.previous_day_before_at
            when clocks.status = 'paused' then coalesce(clocks.status_a_day_before, '') <> 'paused'
            else true
        end

),

-- A ticket without a team of its own goes with its owner.
movers as (

    select distinct primary_teams.source_system || ':' || primary_teams.agent_id as agent_key
    from primary_teams
    cross join builds
    where
        (
            primary_teams.valid_from > builds.previous_as_of
            and primary_teams.valid_from <= builds.as_of
        )
        or (
            primary_teams.valid_to > builds.previous_as_of
            and primary_teams.valid_to <= builds.as_of
        )

),

moved as (

    select ticket_key
    from tickets
    where
        agent_key in (select movers.agent_key from movers)
        or (agent_key = 'unknown' and exists (select 1 from movers))

),

pointing as (

    {{ pointing_tickets('came_or_went', 'changes') }}

),

came_tickets as (

    select {{ entity_key('ticket_id') }} as ticket_key
    from changes
    where table_name = 'tickets'
    union
    select ticket_key from arrived

),

-- A ticket that was merged into one which came or went.
merged as (
    {% for source_system in landed_sources('tickets') %}
    {%- set source = "'" ~ source_system ~ "'" %}
    select {{ entity_key("coalesce(ticket_id, '')", source) }} as ticket_key
    from {{ landed_relation('tickets', source_system) }}
    where
        {{ entity_key('merged_into_id', source) }}
        in (select came_tickets.ticket_key from came_tickets)
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

named as (

    select {{ entity_key('ticket_id') }} as ticket_key
    from changes
    where ticket_id is not null
    union
    {% for relation in found_by + ['pointing', 'merged'] -%}
    select ticket_key from {{ relation }}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

-- Tickets that claim the same message are looked at together.
reached as (

    {{ reached_from('named', 'sharing', 'ticket_key', 'other_ticket_key') }}

),
{%- else %}

-- Everything is modelled: no list is kept.
reached as (

    select cast(null as string) as ticket_key
    from builds
    where false

),
{%- endif %}

-- No source has a colon in its name; an id may.
keyed as (

    select
        split_part(ticket_key, ':', 1) as source_system,
        substr(ticket_key, instr(ticket_key, ':') + 1) as ticket_id,
        ticket_key
    from reached

)

select * from keyed
