-- A change of name, position or targets is a new version of a policy. Fivetran has no table of its conditions.
with
named as (
    select id, title, position, updated_at::timestamptz as updated_at, synced_at
    from sla_policy_history
),
targets as (
    select
        sla_policy_id as id, sla_policy_updated_at::timestamptz as updated_at,
        to_json(
            list(
                {
                    priority: priority, metric: metric, target: target,
                    target_in_seconds: target_in_seconds, business_hours: business_hours
                }
                order by metric, priority
            )
        ) as policy_metrics,
        max(synced_at) as synced_at
    from sla_policy_metric_history
    group by all
),
versions as (
    select id, updated_at from named
    union
    select id, updated_at from targets
),
gone as (
    select id, max(_gone_at) as gone_at
    from sla_policy_history
    group by id
    having bool_and(_gone_at is not null)
)
select
    versions.id, named.title, coalesce(named.position, '0') as position, null as filter,
    coalesce(targets.policy_metrics, '[]') as policy_metrics,
    strftime(versions.updated_at, '%Y-%m-%dT%H:%M:%S.%fZ') as updated_at,
    null as _gone_at,
    greatest(named.synced_at, targets.synced_at) as synced_at
from versions
asof left join named on versions.id = named.id and versions.updated_at >= named.updated_at
asof left join targets on versions.id = targets.id and versions.updated_at >= targets.updated_at
union all
select id, null, null, null, null, null, gone_at, gone_at
from gone
