with

calls as (

    select * from {{ ref('int_calls_valid') }}

),

tickets as (

    select * from {{ ref('fct_tickets') }}

),

agents as (

    select * from {{ ref('dim_agents') }}

),

-- Vendors use two words for each direction.
directed as (

    select
        *,
        case
            when direction in ('incoming', 'inbound') then 'incoming'
            when direction in ('outgoing', 'outbound') then 'outgoing'
            when direction = 'unknown' then 'unknown'
        end as desk_direction
    from calls

),

joined as (

    select
        {{ entity_key('directed.call_id', 'directed.source_system') }} as call_key,
        directed.call_id,
        coalesce(tickets.ticket_key, 'unknown') as ticket_key,
        coalesce(agents.agent_key, 'unknown') as agent_key,
        coalesce(agents.team_key, 'unknown') as team_key,
        coalesce(tickets.pipeline_key, 'unknown') as pipeline_key,
        coalesce(tickets.channel_account_key, 'unknown') as channel_account_key,
        coalesce(tickets.company_key, 'unknown') as company_key,
        directed.started_at,
        {{ report_date('directed.started_at') }} as started_date,
        directed.desk_direction as direction,
        directed.outcome,
        directed.outcome = 'completed' as is_completed,
        directed.desk_direction = 'incoming' and directed.outcome in ('missed', 'no_answer', 'busy')
            as is_missed,
        directed.duration_seconds,
        directed.source_system
    from directed
    left join tickets
        on {{ entity_key('directed.ticket_id', 'directed.source_system') }} = tickets.ticket_key
    left join agents
        on {{ entity_key('directed.agent_id', 'directed.source_system') }} = agents.agent_key

)

select * from joined
