-- An audit is what one person did to a ticket at one instant: changes, comments, a schedule, a merge.
with
first_changes as (
    select ticket_id, min(updated) as created_at from ticket_field_history group by ticket_id
),
merged as (
    select
        id as target_id, updated_at, synced_at,
        unnest(from_json(merged_ticket_ids, '["VARCHAR"]')) as ticket_id
    from ticket
    where merged_ticket_ids like '[%'
),
events as (
    select
        history.ticket_id, history.updated as created_at, history.user_id as author_id,
        history.synced_at,
        {
            type: case when history.updated = first_changes.created_at then 'Create' else 'Change' end,
            field_name: history.field_name, value: history.value
        }::json as event
    from ticket_field_history as history
    inner join first_changes on history.ticket_id = first_changes.ticket_id
    union all
    select
        ticket_id, created, user_id, synced_at,
        {
            type: case when voice_comment = 'true' then 'VoiceComment' else 'Comment' end,
            id: id, author_id: user_id, body: body, public: public
        }::json
    from ticket_comment
    union all
    select
        ticket_id, created_at, null, synced_at,
        {type: 'ScheduleAssignment', new_schedule_id: schedule_id}::json
    from ticket_schedule
    union all
    select
        ticket_id, updated_at, null, synced_at,
        {type: 'Change', field_name: 'tags', value: '["closed_by_merge"]'}::json
    from merged
    union all
    select
        ticket_id, updated_at, null, synced_at,
        {type: 'Notification', body: '#' || target_id}::json
    from merged
)
select
    ticket_id || ':' || created_at || ':' || coalesce(author_id, '') as id,
    ticket_id, created_at, author_id,
    to_json(list(event order by event ->> '$.type', event ->> '$.field_name', event ->> '$.id')) as events,
    max(synced_at) as synced_at
from events
group by ticket_id, created_at, author_id
