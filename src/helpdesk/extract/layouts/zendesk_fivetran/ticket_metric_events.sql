-- Targets are fields of a ticket's history, without their policy. It is the last applied policy, whose time can be some
-- seconds later. Zendesk also clears a target when it is met, which is not an event.
with
targets as (
    select
        ticket_id, field_name, updated::timestamptz as applied_at, value::json as value, _gone_at,
        synced_at
    from ticket_field_history
    where
        field_name in (
            'first_reply_time', 'next_reply_time', 'periodic_update_time', 'pausable_update_time',
            'requester_wait_time', 'agent_work_time', 'total_resolution_time', 'resolution_time'
        )
        and json_valid(value)
        and json_type(value) = 'OBJECT'
),
titles as (
    select ticket_id, updated::timestamptz as applied_at, value as title
    from ticket_field_history
    where field_name = 'sla_policy' and value is not null and _gone_at is null
),
policies as (
    select
        ticket_id, sla_policy_id, policy_applied_at::timestamptz as applied_at,
        policy_applied_at::timestamptz - interval 5 second as known_at, synced_at
    from ticket_sla_policy
),
events as (
    select
        targets.ticket_id, targets.field_name as metric, targets.applied_at,
        policies.sla_policy_id as policy_id, titles.title,
        targets.value ->> '$.minutes' as minutes,
        targets.value ->> '$.in_business_hours' as business_hours,
        targets._gone_at,
        greatest(targets.synced_at, policies.synced_at) as synced_at
    from targets
    asof left join policies
        on targets.ticket_id = policies.ticket_id and targets.applied_at >= policies.known_at
    asof left join titles
        on targets.ticket_id = titles.ticket_id and targets.applied_at >= titles.applied_at
    union all
    select ticket_id, null, applied_at, sla_policy_id, null, null, null, null, synced_at
    from policies
)
select
    ticket_id || ':' || epoch_us(applied_at) || ':' || coalesce(metric, policy_id) as id,
    ticket_id, metric, 'apply_sla' as type,
    strftime(applied_at, '%Y-%m-%dT%H:%M:%S.%fZ') as time,
    to_json({
        target: minutes, business_hours: business_hours, policy: {id: policy_id, title: title}
    }) as sla,
    _gone_at,
    synced_at
from events
