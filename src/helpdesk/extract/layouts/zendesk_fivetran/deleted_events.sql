-- Events of updates whose row was deleted, or was deleted and restored.
with
events as (
    select ticket_id, 'Comment ' || id as event, _gone_at, synced_at from ticket_comment
    union all
    select ticket_id, 'ScheduleAssignment ' || created_at, _gone_at, synced_at from ticket_schedule
    union all
    select ticket_id, 'Change ' || field_name || ' ' || updated, _gone_at, synced_at from ticket_field_history
)
select ticket_id || ' ' || event as id, ticket_id, event, _gone_at, synced_at
from events
where _gone_at is not null
union all
select events.ticket_id || ' ' || events.event as id, events.ticket_id, events.event, null as _gone_at, events.synced_at
from events
inner join (select distinct ticket_id, event from landed) as landed
    on events.ticket_id = landed.ticket_id and events.event = landed.event
where events._gone_at is null
