{#- Ticket fields whose changes count, by Zendesk's name, with the contract's name. -#}
{%- set fields = {
    'ticket_form_id': 'pipeline',
    'group_id': 'team',
    'assignee_id': 'agent',
    'priority': 'priority',
    'status': 'status',
} -%}
{#- Own fields and tags by the name that both have. Of several values in one text, each word is a value. -#}
{%- set own_many = own_field_ids('ticket', 'zendesk', is_many=true) -%}
{%- set own_names = own_field_ids('ticket', 'zendesk') -%}
{%- set has_tags = own_fields('ticket') | selectattr('include', 'defined') | list -%}
{%- set own_names = own_names + (["'tags'"] if has_tags else []) -%}
with

custom_statuses as (

    select distinct id
    from {{ source('zendesk', 'custom_statuses') }}

),

-- For an unknown custom status the built-in one of the same update counts.
events as (

    select audit_events.*
    from {{ ref('base_zendesk__audit_events') }} as audit_events
    left join custom_statuses
        on
            case when audit_events.field_name = 'custom_status_id' then audit_events.field_value end
            = custom_statuses.id
    where audit_events.field_name is distinct from 'custom_status_id' or custom_statuses.id is not null

),

audits as (

    select
        ticket_id,
        created_at,
        audit_author_id,
        audit_channel,
        _file,
        _row,
        {% for name in fields -%}
        max(case when field_name = '{{ name }}' then 1 else 0 end) = 1 as has_{{ name }},
        {% endfor -%}
        -- A custom status comes with its built-in category.
        max(case when field_name = 'custom_status_id' then 1 else 0 end) = 1 as has_own_status,
        max(case when event_type = 'Create' then 1 else 0 end) = 1 as is_creation
    from events
    group by ticket_id, created_at, audit_author_id, audit_channel, _file, _row

),

-- A field that is empty at creation has no event, but was empty until its first change.
empty_at_creation as (
    {% for name, field in fields.items() if name != 'status' %}
    select
        *,
        '{{ field }}' as field,
        {{ loop.index }} as place
    from audits
    where is_creation and not has_{{ name }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

-- A ticket has the account's default schedule until a rule assigns another one. A rule that runs at creation assigns
-- it from the start, although a loader can date that some seconds later.
first_assignments as (

    select
        ticket_id,
        min({{ parse_instant('created_at') }}) as assigned_at
    from events
    where event_type = 'ScheduleAssignment'
    group by ticket_id

),

unassigned_at_creation as (

    select
        audits.*,
        'schedule' as field,
        {{ fields | length }} as place
    from audits
    inner join first_assignments
        on audits.ticket_id = first_assignments.ticket_id
    where
        audits.is_creation
        and first_assignments.assigned_at
        > {{ parse_instant('audits.created_at') }} + interval 5 second

),

{% if own_names -%}
-- An own field whose first event is a later change was empty until then.
first_set_later as (

    select
        ticket_id,
        field_name
    from events
    where event_type in ('Create', 'Change') and field_name in ({{ own_names | join(', ') }})
    group by ticket_id, field_name
    having max(case when event_type = 'Create' then 1 else 0 end) = 0

),

own_empty_at_creation as (

    select
        audits.*,
        first_set_later.field_name as field,
        case first_set_later.field_name
            {% for name in own_names -%}
            when {{ name }} then {{ fields | length + loop.index }}
            {% endfor %}
        end as place
    from audits
    inner join first_set_later
        on audits.ticket_id = first_set_later.ticket_id
    where audits.is_creation

),

{% endif -%}
changes as (

    select
        events.ticket_id,
        events.created_at,
        events.audit_author_id,
        events.audit_channel,
        case
            when events.event_type = 'ScheduleAssignment' then 'schedule'
            {% for name, field in fields.items() -%}
            when events.field_name = '{{ name }}' then '{{ field }}'
            {% endfor -%}
            when events.field_name = 'custom_status_id' then 'status'
            {% if own_names -%}
            when events.field_name in ({{ own_names | join(', ') }}) then events.field_name
            {% endif %}
        end as field,
        case
            when events.event_type = 'ScheduleAssignment' then events.schedule_id
            {% if own_many -%}
            when events.field_name in ({{ own_many | join(', ') }}) and events.field_value not like '[%'
                then replace(events.field_value, ' ', ';')
            {% endif -%}
            else events.field_value
        end as field_value,
        coalesce(events.event_id, cast(events.record_number as string)) as seq,
        events._file,
        {{ part_of_row('events._row', 'events.record_number') }} as _row
    from events
    inner join audits
        on
            events._file = audits._file
            and events._row = audits._row
    where
        events.event_type = 'ScheduleAssignment'
        or (
            events.event_type in ('Create', 'Change')
            and not (events.field_name = 'status' and audits.has_own_status)
        )

),

all_changes as (

    select * from changes
    where field is not null
    union all
    select
        ticket_id,
        created_at,
        audit_author_id,
        audit_channel,
        field,
        cast(null as string) as field_value,
        '0' as seq,
        _file,
        {{ part_of_row('_row', '900000 + place') }} as _row
    from (
        select * from empty_at_creation
        union all
        select * from unassigned_at_creation
        {% if own_names -%}
        union all
        select * from own_empty_at_creation
        {% endif -%}
    ) as empty

),

shaped as (

    select
        {{ shaped_as('ticket_field_history', {
            'ticket_id': 'ticket_id',
            'field': 'field',
            'changed_at': 'created_at',
            'seq': 'seq',
            'value': 'field_value',
            'actor_id': "nullif(audit_author_id, '-1')",
            'actor_type': "case when audit_channel = 'rule' or audit_author_id = '-1' then 'automation' end",
        }) }}
    from all_changes

)

select * from shaped
