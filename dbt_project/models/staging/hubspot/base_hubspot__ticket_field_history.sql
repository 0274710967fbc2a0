with

changes as (

    select * from {{ ref('base_hubspot__ticket_changes') }}

),

users as (

    select * from {{ ref('base_hubspot__users') }}

),

named as (

    select
        changes.*,
        case changes.property
            when 'hs_pipeline_stage' then 'status'
            when 'hs_pipeline' then 'pipeline'
            when 'hubspot_owner_id' then 'agent'
            when 'hubspot_team_id' then 'team'
            when 'hs_ticket_priority' then 'priority'
            when 'hs_originating_channel_instance_id' then 'channel_account'
        end as field,
        coalesce(users.owner_id, changes.user_id) as actor_id
    from changes
    left join users
        on changes.user_id = users.user_id

),

shaped as (

    select
        {{ shaped_as('ticket_field_history', {
            'ticket_id': 'id',
            'field': 'field',
            'changed_at': 'changed_at',
            'seq': 'cast(sequence_number as string)',
            'value': "case when field = 'priority' then lower(new_value) else new_value end",
            'actor_id': 'actor_id',
            'actor_type': 'lower(change_source)',
        }) }}
    from named
    -- The other properties are of SLAs, which are told apart.
    where field is not null

)

select * from shaped
