{%- set fields = zendesk_fields() -%}
with

events as (

    select * from {{ ref('base_zendesk__audit_events') }}

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
        -- A status of the account's own is told beside the built-in one that it is a kind of.
        max(case when field_name = 'custom_status_id' then 1 else 0 end) = 1 as has_own_status,
        max(case when event_type = 'Create' then 1 else 0 end) = 1 as is_creation
    from events
    group by ticket_id, created_at, audit_author_id, audit_channel, _file, _row

),

-- What is empty when a ticket is made has no event, but was empty until its first change.
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
        end as field,
        case
            when events.event_type = 'ScheduleAssignment' then events.schedule_id
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

told as (

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
    from empty_at_creation

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
    from told

)

select * from shaped
