{#- Own properties have the name that HubSpot gives them. One that is called as a property of the contract would be
    taken for that one: its changes are left out. -#}
{%- set own = [] -%}
{%- for field in own_fields('ticket') if execute -%}
    {%- set id = own_field_id(field, 'hubspot') -%}
    {%- set standard = (contract_columns('ticket_field_history') | selectattr('accepts_own') | first).accepted -%}
    {%- if id is not none and id not in standard -%}
        {%- do own.append(text_literal(id)) -%}
    {%- endif -%}
{%- endfor -%}
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
            when 'hs_time_to_first_response_sla_at' then 'first_response_due_at'
            when 'hs_time_to_first_response_sla_status' then 'first_response_sla_status'
            when 'hs_time_to_next_response_sla_at' then 'next_response_due_at'
            when 'hs_time_to_next_response_sla_status' then 'next_response_sla_status'
            when 'hs_time_to_close_sla_at' then 'time_to_close_due_at'
            when 'hs_time_to_close_sla_status' then 'time_to_close_sla_status'
            {%- for id in own %}
            when {{ id }} then {{ id }}
            {%- endfor %}
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
            'value':
                "case when field = 'priority' then lower(new_value)"
                ~ (" when field in (" ~ own | join(', ') ~ ") then new_value" if own else '')
                ~ " when field like '%_due_at' then " ~ iso_instant('new_value')
                ~ " else " ~ whole_id('new_value') ~ " end",
            'actor_id': 'actor_id',
            'actor_type': 'lower(change_source)',
        }) }}
    from named
    -- The other properties belong to applied policies.
    where field is not null

)

select * from shaped
