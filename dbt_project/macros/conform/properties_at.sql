{#- The rows of `relation`, which has a `ticket_number`, with the properties of the ticket at the instant in
    column `instant`: as its history of the property has it, or the ticket's own row where there is none.
    Selects every column of the relation, `source_system`, a column for each of `fields` and `team`,
    which without one of the ticket's own is the primary team that its owner had then. -#}
{% macro properties_at(relation, instant, fields) %}
{%- set of_row = {
    'pipeline': 'row_pipeline_id',
    'priority': 'row_priority',
    'agent': 'row_agent_id',
    'channel_account': 'channel_account_id',
} -%}
    select
        described.*,
        coalesce(described.own_team, primary_teams.team_id) as team
    from (
        select
            {{ relation }}.*,
            tickets.source_system,
            {% for field in fields -%}
            {% if field in of_row -%}
            case
                when {{ field }}_spells.ticket_number is null then tickets.{{ of_row[field] }}
                else {{ field }}_spells.value
            end as {{ field }},
            {% else -%}
            {{ field }}_spells.value as {{ field }},
            {% endif -%}
            {% endfor -%}
            case
                when team_spells.ticket_number is null then tickets.row_team_id
                else team_spells.value
            end as own_team
        from {{ relation }}
        inner join {{ ref('int_tickets_resolved') }} as tickets
            on {{ relation }}.ticket_number = tickets.ticket_number
        {% for field in fields + ['team'] -%}
        left join {{ ref('int_ticket_property_spells_built') }} as {{ field }}_spells
            on
                {{ field }}_spells.field = '{{ field }}'
                and {{ relation }}.ticket_number = {{ field }}_spells.ticket_number
                and {{ relation }}.{{ instant }} >= {{ field }}_spells.valid_from
                and {{ relation }}.{{ instant }} < {{ field }}_spells.valid_to
        {% endfor %}
    ) as described
    left join {{ ref('int_agent_primary_teams_picked') }} as primary_teams
        on
            described.source_system = primary_teams.source_system
            and described.agent = primary_teams.agent_id
            and described.{{ instant }} >= primary_teams.valid_from
            and described.{{ instant }} < primary_teams.valid_to
{% endmacro %}
