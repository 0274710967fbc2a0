with

runs as (

    select * from {{ ref('int_sla_runs_built') }}

),

tickets as (

    select * from {{ ref('int_tickets_resolved') }}

),

property_spells as (

    select * from {{ ref('int_ticket_property_spells_built') }}

),

applications as (

    select
        numbered.ticket_number,
        applied.policy_id,
        applied.schedule_id,
        applied.applied_at,
        coalesce(
            lead(applied.applied_at) over (
                partition by numbered.ticket_number order by applied.applied_at
            ),
            {{ end_of_time() }}
        ) as replaced_at
    from {{ ref('int_ticket_sla_applied_unioned') }} as applied
    inner join {{ ref('int_tickets_numbered') }} as numbered
        on
            applied.source_system = numbered.source_system
            and applied.ticket_id = numbered.ticket_id

),

primary_teams as (

    select * from {{ ref('int_agent_primary_teams_picked') }}

),

described as (

    select
        runs.source_system,
        runs.ticket_number,
        runs.metric,
        runs.occurrence,
        runs.is_first_close,
        runs.started_at,
        runs.ended_at,
        runs.is_cancelled,
        runs.decided_at,
        tickets.channel_id as channel,
        tickets.source,
        {% for field in ['pipeline', 'priority', 'agent', 'team'] -%}
        case
            when {{ field }}_spells.ticket_number is null
                then tickets.row_{{ field }}{{ '' if field == 'priority' else '_id' }}
            else {{ field }}_spells.value
        end as {{ field }},
        {% endfor -%}
        coalesce(applications.policy_id, policy_spells.value) as applied_policy_id,
        applications.schedule_id as applied_schedule_id
    from runs
    inner join tickets
        on runs.ticket_number = tickets.ticket_number
    left join applications
        on
            runs.ticket_number = applications.ticket_number
            and runs.decided_at >= applications.applied_at
            and runs.decided_at < applications.replaced_at
    {% for field, alias in [
        ('pipeline', 'pipeline_spells'),
        ('priority', 'priority_spells'),
        ('agent', 'agent_spells'),
        ('team', 'team_spells'),
        ('sla_policy', 'policy_spells'),
    ] -%}
    left join property_spells as {{ alias }}
        on
            {{ alias }}.field = '{{ field }}'
            and runs.source_system = {{ alias }}.source_system
            and runs.ticket_number = {{ alias }}.ticket_number
            and runs.decided_at >= {{ alias }}.valid_from
            and runs.decided_at < {{ alias }}.valid_to
    {% endfor %}

),

with_team as (

    select
        described.source_system,
        described.ticket_number,
        described.metric,
        described.occurrence,
        described.is_first_close,
        described.started_at,
        described.ended_at,
        described.is_cancelled,
        described.decided_at,
        described.pipeline,
        described.priority,
        coalesce(described.team, primary_teams.team_id) as team,
        described.channel,
        described.source,
        described.applied_policy_id,
        described.applied_schedule_id
    from described
    left join primary_teams
        on
            described.source_system = primary_teams.source_system
            and described.agent = primary_teams.agent_id
            and described.decided_at >= primary_teams.valid_from
            and described.decided_at < primary_teams.valid_to

)

select * from with_team
