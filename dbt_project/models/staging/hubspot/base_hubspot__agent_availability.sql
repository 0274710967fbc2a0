with

users as (

    select * from {{ source('hubspot', 'users') }}

),

owners as (

    select * from {{ ref('base_hubspot__users') }}

),

landed as (

    select * from {{ source('hubspot', 'agent_availability') }}

),

changes as (

    {{ json_object_items('users', ['id', '_file', '_row'], '"propertiesWithHistory"') }}

),

-- The record of a deleted user lacks its owner, so the owner comes from an earlier version.
identities as (

    select
        id,
        max({{ json_value('properties', 'hs_internal_user_id') }}) as user_id
    from users
    group by id

),

seen as (

    select
        id,
        {{ iso_instant(json_value('field_value', 'timestamp')) }} as seen_at,
        lower(nullif({{ json_value('field_value', 'value') }}, '')) as status,
        'reported' as basis,
        _file,
        _row
    from changes
    where
        field = 'hs_availability_status'
        and field_value is not null
    union all
    select
        id,
        {{ iso_instant('"observedAt"') }} as seen_at,
        case
            when archived = 'true' then 'away'
            else lower(nullif({{ json_value('properties', 'hs_availability_status') }}, ''))
        end as status,
        'polled' as basis,
        _file,
        _row
    from users

),

-- Every version of a user has the history again.
distinct_seen as (

    select
        *,
        row_number() over (
            partition by id, seen_at
            order by basis desc, _file desc, _row desc
        ) as position
    from seen

),

followed as (

    select
        *,
        lag(status) over user_events as status_before,
        row_number() over user_events as event_number
    from distinct_seen
    where position = 1
    window user_events as (partition by id order by seen_at)

),

-- A fetched availability lasts until a fetch has another one, or none.
changed as (

    select
        *,
        lead(seen_at) over (partition by id order by seen_at) as next_seen_at
    from followed
    where
        event_number = 1
        or status is distinct from status_before

),

resolved as (

    select
        coalesce(owners.owner_id, identities.user_id, changed.id) as agent_id,
        changed.seen_at as started_at,
        changed.next_seen_at as ended_at,
        changed.status,
        case when changed.basis = 'polled' then 'polled' end as reason,
        changed._file,
        {{ part_of_row('changed._row', 'changed.event_number') }} as _row
    from changed
    inner join identities
        on changed.id = identities.id
    left join owners
        on identities.user_id = owners.user_id
    where changed.status is not null

),

unioned as (

    select
        agent_id,
        started_at,
        ended_at,
        status,
        reason,
        _file,
        _row
    from resolved
    union all
    select
        agent_id,
        started_at,
        ended_at,
        status,
        reason,
        _file,
        _row
    from landed

),

shaped as (

    select
        {{ shaped_as('agent_availability', {
            'agent_id': 'agent_id',
            'started_at': 'started_at',
            'ended_at': 'ended_at',
            'status': 'status',
            'reason': 'reason',
        }) }}
    from unioned

)

select * from shaped
