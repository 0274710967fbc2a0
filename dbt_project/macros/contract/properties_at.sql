{#- The rows of `relation`, which has a `ticket_number`, with the properties of the ticket at the time in column
    `instant`: from the history of the property, or from the ticket row without one. Selects every column of the
    relation, `source_system`, a column for each of `fields`, `team` (without one of the ticket, the primary team
    of its owner at that time), and the columns of int_tickets_resolved in `of_ticket`.

    Most times are after the last change of a property: these rows use the ticket's value, and only the others
    get a join key for the history. -#}
{% macro properties_at(relation, instant, fields, of_ticket=[]) %}
{%- set current = {
    'pipeline': 'pipeline_id',
    'priority': 'priority',
    'agent': 'agent_id',
    'team': 'own_team_id',
    'channel_account': 'channel_account_id',
} -%}
    select
        described.*,
        coalesce(described.own_team, primary_teams.team_id) as team
    from (
        select
            {{ relation }}.*,
            tickets.source_system,
            {% for column in of_ticket -%}
            tickets.{{ column }},
            {% endfor -%}
            {% for field in fields + ['team'] -%}
            {% if field in current -%}
            case
                when {{ relation }}.{{ instant }} >= tickets.{{ field }}_since
                    then tickets.{{ current[field] }}
                else {{ field }}_intervals.value
            end as {{ 'own_team' if field == 'team' else field }}
            {%- else -%}
            {{ field }}_intervals.value as {{ field }}
            {%- endif %}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ relation }}
        inner join {{ ref('int_tickets_resolved') }} as tickets
            on {{ relation }}.ticket_number = tickets.ticket_number
        {% for field in fields + ['team'] -%}
        left join {{ ref('int_ticket_property_history') }} as {{ field }}_intervals
            on
                {{ field }}_intervals.field = '{{ field }}'
                {% if field in current -%}
                and not {{ field }}_intervals.is_current
                and case
                    when {{ relation }}.{{ instant }} < tickets.{{ field }}_since
                        then {{ relation }}.ticket_number
                end = {{ field }}_intervals.ticket_number
                {% else -%}
                and {{ relation }}.ticket_number = {{ field }}_intervals.ticket_number
                {% endif -%}
                and {{ relation }}.{{ instant }} >= {{ field }}_intervals.valid_from
                and {{ relation }}.{{ instant }} < {{ field }}_intervals.valid_to
        {% endfor %}
    ) as described
    left join {{ ref('int_agent_primary_teams') }} as primary_teams
        on
            case when described.own_team is null then described.agent end = primary_teams.agent_id
            and described.source_system = primary_teams.source_system
            and described.{{ instant }} >= primary_teams.valid_from
            and described.{{ instant }} < primary_teams.valid_to
{% endmacro %}
