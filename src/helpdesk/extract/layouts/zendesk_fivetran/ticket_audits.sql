-- An audit has the events of one person on one ticket at one time: changes, comments, a schedule, a merge. Events are
-- sorted by their text, which starts with the field of a change. So the position of each change is stable, even if a
-- comment is deleted.
with
first_changes as (
    select ticket_id, min(updated) as created_at, first(user_id order by updated, user_id) as author_id
    from ticket_field_history
    group by ticket_id
),
tag_times as (
    select ticket_id, updated, max(user_id) as user_id, max(synced_at) as synced_at
    from ticket_tag_history
    group by ticket_id, updated
),
tag_states as (
    select
        times.ticket_id, times.updated, times.user_id, times.synced_at, history.tag,
        arg_max(history.tagged, history.updated) = 'true' as is_tagged
    from tag_times as times
    inner join ticket_tag_history as history
        on times.ticket_id = history.ticket_id and history.updated <= times.updated
    group by all
),
-- A row of the history adds or removes one tag. A change event has all remaining tags.
tag_changes as (
    select
        ticket_id, updated, user_id, synced_at,
        coalesce(list(tag order by tag) filter (where is_tagged), []) as tags
    from tag_states
    group by all
),
events as (
    select
        history.ticket_id, history.updated as created_at, history.user_id as author_id,
        history.synced_at,
        json_object(
            'field_name', history.field_name, 'value', history.value,
            'type', case when history.updated = first_changes.created_at then 'Create' else 'Change' end
        )::varchar as event
    from ticket_field_history as history
    inner join first_changes on history.ticket_id = first_changes.ticket_id
    -- SLA targets are events of ticket_metric_events.
    where
        history.field_name not in (
            'first_reply_time', 'next_reply_time', 'periodic_update_time', 'pausable_update_time',
            'requester_wait_time', 'agent_work_time', 'total_resolution_time', 'resolution_time',
            'sla_policy'
        )
    union all
    select
        tag_changes.ticket_id, tag_changes.updated,
        -- Tags at creation belong to the audit of the creation, of which a ticket has one.
        case
            when tag_changes.updated = first_changes.created_at then first_changes.author_id
            else tag_changes.user_id
        end,
        tag_changes.synced_at,
        json_object(
            'field_name', 'tags', 'value', to_json(tags),
            'type', case when tag_changes.updated = first_changes.created_at then 'Create' else 'Change' end
        )::varchar
    from tag_changes
    left join first_changes on tag_changes.ticket_id = first_changes.ticket_id
    union all
    select
        ticket_id, created, user_id, synced_at,
        json_object(
            'id', id, 'author_id', user_id, 'public', public,
            'type', case when voice_comment = 'true' then 'VoiceComment' else 'Comment' end
        )::varchar
    from ticket_comment
    union all
    select
        ticket_id, created_at, null, synced_at,
        json_object('new_schedule_id', schedule_id, 'type', 'ScheduleAssignment')::varchar
    from ticket_schedule
),
audits as (
    select
        ticket_id, created_at, author_id,
        '[' || array_to_string(list_sort(list(event)), ',') || ']' as events,
        max(synced_at) as synced_at
    from events
    group by ticket_id, created_at, author_id
),
merged as (
    select
        id as target_id, updated_at as created_at, synced_at,
        unnest(from_json(merged_ticket_ids, '["VARCHAR"]')) as ticket_id
    from ticket
    where merged_ticket_ids like '[%'
)
select
    ticket_id || ':' || created_at || ':' || coalesce(author_id, '') as id,
    ticket_id, created_at, author_id, events, synced_at
from audits
union all
select
    ticket_id || ':' || created_at || ':merged:' || target_id as id,
    ticket_id, created_at, null as author_id,
    json_array(
        -- Without changes of tags, which come from ticket_tag_history.
        json_object('type', 'Merge', 'field_name', 'tags', 'value', '["closed_by_merge"]'),
        json_object('type', 'Notification', 'body', '#' || target_id)
    )::varchar as events,
    synced_at
from merged
