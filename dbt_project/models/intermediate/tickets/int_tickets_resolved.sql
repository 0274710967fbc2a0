with

tickets as (

    select
        unioned.*,
        numbered.ticket_number,
        numbered.ticket_key
    from {{ ref('int_tickets_valid') }} as unioned
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            unioned.source_system = numbered.source_system
            and unioned.ticket_id = numbered.ticket_id

),

{% set histories = {
    'pipeline': 'pipeline_id',
    'agent': 'agent_id',
    'team': 'team_id',
    'priority': 'priority',
    'channel_account': 'channel_account_id',
} -%}
current_properties as (

    select
        ticket_number
        {%- for field in histories %},
        max(case when field = '{{ field }}' then value end) as {{ field }}_value,
        max(case when field = '{{ field }}' then valid_from end) as {{ field }}_since
        {%- endfor %}
    from {{ ref('int_ticket_property_history') }}
    where is_current
    group by ticket_number

),

-- The tickets into which others were merged, if the data has any row of them, also deleted, deferred or rejected ones.
merge_targets as (

    select distinct
        landed.source_system,
        landed.ticket_id
    from {{ ref('int_landed_tickets') }} as landed
    inner join {{ ref('int_tickets_valid') }} as merged
        on
            landed.source_system = merged.source_system
            and landed.ticket_id = merged.merged_into_id

),

deletions as (

    select
        source_system,
        "key" as ticket_id
    from {{ ref('int_deletions_valid') }}
    where "table" = 'tickets'

),

primary_teams as (

    select picked.*
    from {{ ref('int_agent_primary_teams') }} as picked
    cross join {{ ref('stg_landing__builds') }} as builds
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
        tickets.reported_closed_at,
        tickets.url,
        {% for field, column in histories.items() -%}
        case
            when current_properties.{{ field }}_since is null then tickets.{{ column }}
            else current_properties.{{ field }}_value
        end as {{ column }},
        coalesce(current_properties.{{ field }}_since, {{ beginning_of_time() }}) as {{ field }}_since,
        {% endfor -%}
        coalesce(tickets.is_outbound, false) as is_outbound,
        coalesce(tickets.is_conversation_unknown, false) as is_conversation_unknown,
        case
            when tickets.is_deleted or deletions.ticket_id is not null then 'deleted'
            when tickets.is_spam then 'spam'
            when merge_targets.ticket_id is not null then 'merged'
        end as exclusion_reason
    from tickets
    left join current_properties
        on tickets.ticket_number = current_properties.ticket_number
    left join deletions
        on
            tickets.source_system = deletions.source_system
            and tickets.ticket_id = deletions.ticket_id
    left join merge_targets
        on
            tickets.source_system = merge_targets.source_system
            and tickets.merged_into_id = merge_targets.ticket_id

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
        properties.team_id as own_team_id,
        {% for field in histories -%}
        properties.{{ field }}_since,
        {% endfor -%}
        properties.company_id,
        properties.contact_id,
        properties.channel_id,
        properties.channel_account_id,
        properties.reported_closed_at,
        properties.url,
        properties.is_outbound,
        properties.is_conversation_unknown,
        properties.exclusion_reason is not null as is_excluded,
        properties.exclusion_reason
    from properties
    left join primary_teams
        on
            properties.source_system = primary_teams.source_system
            and properties.agent_id = primary_teams.agent_id

)

select * from resolved
