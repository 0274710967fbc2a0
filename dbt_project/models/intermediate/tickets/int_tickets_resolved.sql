with

tickets as (

    select
        unioned.*,
        numbered.ticket_number,
        numbered.ticket_key
    from {{ ref('int_tickets_unioned') }} as unioned
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            unioned.source_system = numbered.source_system
            and unioned.ticket_id = numbered.ticket_id

),

current_properties as (

    select
        ticket_number,
        max(case when field = 'pipeline' then value end) as pipeline_value,
        max(case when field = 'agent' then value end) as agent_value,
        max(case when field = 'team' then value end) as team_value,
        max(case when field = 'priority' then value end) as priority_value,
        max(case when field = 'channel_account' then value end) as channel_account_value,
        bool_or(field = 'pipeline') as has_pipeline_history,
        bool_or(field = 'agent') as has_agent_history,
        bool_or(field = 'team') as has_team_history,
        bool_or(field = 'priority') as has_priority_history,
        bool_or(field = 'channel_account') as has_channel_account_history
    from {{ ref('int_ticket_property_spells_built') }}
    where is_current
    group by ticket_number

),

deletions as (

    select
        source_system,
        "key" as ticket_id
    from {{ ref('int_deletions_unioned') }}
    where "table" = 'tickets'

),

primary_teams as (

    select picked.*
    from {{ ref('int_agent_primary_teams_picked') }} as picked
    cross join {{ ref('int_builds_current') }} as builds
    where
        picked.valid_from <= builds.as_of
        and picked.valid_to > builds.as_of

),

properties as (

    select
        tickets.source_system,
        tickets.ticket_id,
        tickets.ticket_number,
        tickets.ticket_key,
        tickets.created_at,
        tickets.updated_at,
        tickets.status_id,
        tickets.category,
        tickets.source,
        tickets.company_id,
        tickets.contact_id,
        tickets.channel_id,
        tickets.team_id as row_team_id,
        tickets.agent_id as row_agent_id,
        tickets.priority as row_priority,
        tickets.pipeline_id as row_pipeline_id,
        {% for field, column in [
            ('pipeline', 'pipeline_id'),
            ('agent', 'agent_id'),
            ('team', 'team_id'),
            ('priority', 'priority'),
            ('channel_account', 'channel_account_id'),
        ] -%}
        case
            when current_properties.has_{{ field }}_history
                then current_properties.{{ field }}_value
            else tickets.{{ column }}
        end as {{ column }},
        {% endfor -%}
        coalesce(tickets.is_outbound, false) as is_outbound,
        case
            when tickets.is_deleted or deletions.ticket_id is not null then 'deleted'
            when tickets.is_spam then 'spam'
            when tickets.merged_into_id is not null then 'merged'
        end as exclusion_reason
    from tickets
    left join current_properties
        on tickets.ticket_number = current_properties.ticket_number
    left join deletions
        on
            tickets.source_system = deletions.source_system
            and tickets.ticket_id = deletions.ticket_id

),

resolved as (

    select
        properties.source_system,
        properties.ticket_id,
        properties.ticket_number,
        properties.ticket_key,
        properties.created_at,
        properties.updated_at,
        properties.status_id,
        properties.pipeline_id,
        properties.priority,
        properties.category,
        properties.source,
        properties.agent_id,
        coalesce(properties.team_id, primary_teams.team_id) as team_id,
        properties.row_team_id,
        properties.row_agent_id,
        properties.row_priority,
        properties.row_pipeline_id,
        properties.company_id,
        properties.contact_id,
        properties.channel_id,
        properties.channel_account_id,
        properties.is_outbound,
        properties.exclusion_reason is not null as is_excluded,
        properties.exclusion_reason
    from properties
    left join primary_teams
        on
            properties.source_system = primary_teams.source_system
            and properties.agent_id = primary_teams.agent_id

)

select * from resolved
