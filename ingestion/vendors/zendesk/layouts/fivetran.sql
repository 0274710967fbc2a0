-- Tables as Fivetran's connector for Zendesk Support writes them (fivetran.com/docs/connectors/applications/zendesk).
-- Each statement begins with its stream and the tables and columns that it reads.

-- stream tickets: ticket(id created_at updated_at subject type priority status custom_status_id recipient requester_id submitter_id assignee_id group_id organization_id ticket_form_id brand_id via_channel via_source_rel _fivetran_deleted _fivetran_synced)
select
    id, created_at, updated_at, subject, type, priority,
    case when _fivetran_deleted = 'true' then 'deleted' else status end as status,
    custom_status_id, recipient, requester_id, submitter_id, assignee_id, group_id, organization_id,
    ticket_form_id, brand_id,
    to_json({channel: via_channel, source: {rel: via_source_rel}}) as via,
    _fivetran_synced as synced_at
from theirs.ticket;

-- stream ticket_audits: ticket_field_history(ticket_id field_name updated user_id value _fivetran_synced), ticket_comment(id ticket_id created user_id body public voice_comment _fivetran_synced), ticket_schedule(ticket_id created_at schedule_id _fivetran_synced), ticket(id updated_at merged_ticket_ids _fivetran_synced)
with
first_changes as (
    select ticket_id, min(updated) as created_at from theirs.ticket_field_history group by ticket_id
),
merged as (
    select
        id as target_id, updated_at, _fivetran_synced,
        unnest(from_json(merged_ticket_ids, '["VARCHAR"]')) as ticket_id
    from theirs.ticket
    where merged_ticket_ids like '[%'
),
events as (
    select
        history.ticket_id, history.updated as created_at, history.user_id as author_id,
        history._fivetran_synced,
        {
            type: case when history.updated = first_changes.created_at then 'Create' else 'Change' end,
            field_name: history.field_name, value: history.value
        }::json as event
    from theirs.ticket_field_history as history
    inner join first_changes on history.ticket_id = first_changes.ticket_id
    union all
    select
        ticket_id, created, user_id, _fivetran_synced,
        {
            type: case when voice_comment = 'true' then 'VoiceComment' else 'Comment' end,
            id: id, author_id: user_id, body: body, public: public
        }::json
    from theirs.ticket_comment
    union all
    select
        ticket_id, created_at, null, _fivetran_synced,
        {type: 'ScheduleAssignment', new_schedule_id: schedule_id}::json
    from theirs.ticket_schedule
    union all
    select
        ticket_id, updated_at, null, _fivetran_synced,
        {type: 'Change', field_name: 'tags', value: '["closed_by_merge"]'}::json
    from merged
    union all
    select
        ticket_id, updated_at, null, _fivetran_synced,
        {type: 'Notification', body: '#' || target_id}::json
    from merged
)
select
    ticket_id || ':' || created_at || ':' || coalesce(author_id, '') as id,
    ticket_id, created_at, author_id,
    to_json(list(event order by event ->> '$.type', event ->> '$.field_name', event ->> '$.id')) as events,
    max(_fivetran_synced) as synced_at
from events
group by ticket_id, created_at, author_id;

-- stream users: user(id name email role active suspended organization_id updated_at _fivetran_synced)
select id, name, email, role, active, suspended, organization_id, updated_at, _fivetran_synced as synced_at
from theirs."user";

-- stream organizations: organization(id name updated_at _fivetran_synced)
select id, name, updated_at, _fivetran_synced as synced_at from theirs.organization;

-- stream groups: group(id name updated_at _fivetran_synced)
select id, name, updated_at, _fivetran_synced as synced_at from theirs."group";

-- stream ticket_forms: ticket_form_history(id name updated_at _fivetran_synced)
select id, name, updated_at, _fivetran_synced as synced_at from theirs.ticket_form_history;

-- stream brands: brand(id name _fivetran_deleted _fivetran_synced)
select
    id, name, case when _fivetran_deleted = 'true' then _fivetran_synced end as _gone_at,
    _fivetran_synced as synced_at
from theirs.brand;

-- stream schedules: schedule(id name time_zone start_time end_time created_at _fivetran_deleted _fivetran_synced)
select
    id, max(name) as name, max(time_zone) as time_zone,
    to_json(
        list({start_time: start_time, end_time: end_time} order by start_time::integer)
            filter (where coalesce(_fivetran_deleted, 'false') <> 'true')
    ) as intervals,
    min(created_at) as created_at,
    case when bool_and(_fivetran_deleted = 'true') then max(_fivetran_synced) end as _gone_at,
    max(_fivetran_synced) as synced_at
from theirs.schedule
group by id;

-- stream schedule_holidays: schedule_holiday(id schedule_id name start_date end_date _fivetran_deleted _fivetran_synced)
select
    id, schedule_id, name, start_date, end_date,
    case when _fivetran_deleted = 'true' then _fivetran_synced end as _gone_at,
    _fivetran_synced as synced_at
from theirs.schedule_holiday;

-- stream satisfaction_ratings: satisfaction_rating(id ticket_id requester_id assignee_id score comment created_at updated_at _fivetran_synced)
select
    id, ticket_id, requester_id, assignee_id, score, comment, created_at, updated_at,
    _fivetran_synced as synced_at
from theirs.satisfaction_rating;
