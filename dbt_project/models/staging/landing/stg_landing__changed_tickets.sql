{#- Read before anything is modelled: what the build before left in the marts and in the screening
    tells which figures move with the clock. In doubt a ticket is in: one more changes nothing. -#}
{%- set is_refresh = not execute or changed_only() -%}
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

    select distinct table_name from {{ source('landing', 'reordered') }}

),

came_or_went as (

    select * from {{ ref('stg_landing__changed_references') }}

),

sharing as (

    select * from {{ ref('stg_landing__shared_messages') }}

),

deletions as (

    select * from {{ ref('stg_generic__deletions') }}
    where "table" = 'tickets'

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
        ticket_id,
        row_key,
        waits_until
    from {{ stored('intermediate', 'int_' ~ table ~ '_refused') }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- Where a file was written anew, older rows of a key may stand again, and rows have other places.
resettled as (

    select refused.ticket_id
    from refused
    inner join reordered
        on refused.table_name = reordered.table_name

),

arrived as (

    select refused.ticket_id
    from refused
    cross join builds
    where refused.waits_until <= builds.as_of

),

deleted as (

    select deletions."key" as ticket_id
    from deletions
    cross join builds
    where
        deletions.deleted_at > builds.previous_as_of
        and deletions.deleted_at <= builds.as_of

),

open_tickets as (

    select ticket_id
    from tickets
    where closed_at is null

),

-- A clock that had ended by the day before the last build stands for good; so does, but for the
-- time it has run, one that was overdue or paused by then on a ticket which has been closed since.
moving_clocks as (

    select tickets.ticket_id
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

    select ticket_id
    from tickets
    where
        agent_key in (select movers.agent_key from movers)
        or (agent_key = 'unknown' and exists (select 1 from movers))

),
{%- set pointers = [] %}
{%- for table in ticket_tables() %}
{%- do pointers.extend(contract_references(table) | selectattr('to', 'in', pointed_to_tables())) %}
{%- endfor %}

pointing as (

    select ticket_id
    from changes
    where false
    {%- for pointer in pointers %}
    union all
    select coalesce(landed.ticket_id, '') as ticket_id
    from {{ source('generic', pointer.table) }} as landed
    inner join came_or_went
        on
            came_or_went.table_name = '{{ pointer.to }}'
            and landed.{{ pointer.column }} = came_or_went.row_key
            {%- set by = pointer.by or "'any'" %}
            and {{ by }} = '{{ pointer.value or 'any' }}'
    {%- endfor %}

),

came_tickets as (

    select ticket_id from changes
    where table_name = 'tickets'
    union
    select ticket_id from arrived

),

-- A ticket that was merged into one which came or went.
merged as (

    select coalesce(ticket_id, '') as ticket_id
    from {{ source('generic', 'tickets') }}
    where merged_into_id in (select came_tickets.ticket_id from came_tickets)

),

named as (

    select ticket_id from changes
    where ticket_id is not null
    union
    {% for relation in found_by + ['pointing', 'merged'] -%}
    select ticket_id from {{ relation }}
    {{ 'union' if not loop.last }}
    {% endfor %}
),

-- Tickets that claim the same message are looked at together.
reached as (

    {{ reached_from('named', 'sharing', 'ticket_id', 'other_ticket_id') }}

),
{%- else %}

-- Everything is modelled: no list is kept.
reached as (

    select cast(null as varchar) as ticket_id
    from builds
    where false

),
{%- endif %}

keyed as (

    select
        'generic' as source_system,
        ticket_id,
        {{ entity_key('ticket_id', "'generic'") }} as ticket_key
    from reached

)

select * from keyed
