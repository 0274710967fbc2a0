{{ config(materialized='table') }}
with

users as (

    select * from {{ source('zendesk', 'users') }}
    where role is not null

),

memberships as (

    select * from {{ source('zendesk', 'group_memberships') }}
    where user_id is not null

),

assignees as (

    select * from {{ ref('base_zendesk__assignees') }}

),

-- A user with an assigned ticket or a group worked as an agent, whatever the role is now.
workers as (

    select user_id from assignees
    union
    select user_id from memberships

),

versions as (

    select
        id as user_id,
        case when role in ('agent', 'admin') then 'agent' else 'customer' end as author_type,
        -- A role without a time is the current one.
        coalesce({{ parse_instant('updated_at') }}, {{ end_of_time() }}) as seen_at,
        _file,
        _row
    from users

),

roles as (

    select
        user_id,
        min(author_type) as author_type,
        min(author_type) <> max(author_type) as is_changing
    from versions
    group by user_id

),

-- One type at all times, unless the role changed, or differs from the work as an agent.
described as (

    select
        coalesce(roles.user_id, workers.user_id) as user_id,
        coalesce(roles.author_type, 'agent') as author_type,
        workers.user_id is not null as is_worker,
        coalesce(roles.is_changing, false)
        or coalesce(workers.user_id is not null and roles.author_type = 'customer', false) as is_timed
    from roles
    full outer join workers
        on roles.user_id = workers.user_id

),

periods as (

    select
        versions.user_id,
        versions.author_type,
        described.is_worker,
        versions.seen_at,
        row_number() over by_time as position,
        lead(versions.seen_at) over by_time as next_seen_at
    from versions
    inner join described
        on versions.user_id = described.user_id
    where described.is_timed
    window
        by_time as (
            partition by versions.user_id order by versions.seen_at, versions._file, versions._row
        )

),

authors as (

    select
        user_id,
        author_type,
        false as is_timed,
        {{ beginning_of_time() }} as valid_from,
        {{ end_of_time() }} as valid_to
    from described
    where not is_timed
    union all
    select
        user_id,
        author_type,
        true as is_timed,
        seen_at as valid_from,
        coalesce(next_seen_at, {{ end_of_time() }}) as valid_to
    from periods
    union all
    -- The time before the first known role.
    select
        user_id,
        case when is_worker then 'agent' else author_type end as author_type,
        true as is_timed,
        {{ beginning_of_time() }} as valid_from,
        seen_at as valid_to
    from periods
    where position = 1

)

select * from authors
