with

intervals as {{ inlined() }} (

    select * from {{ ref('int_ticket_status_history') }}

),

listed as (

    select distinct
        source_system,
        status_id,
        policy_id,
        pipeline_id
    from {{ ref('int_sla_pause_statuses_valid') }}

),

-- A status that a policy lists for every pipeline needs no other row, so an interval joins one row per policy.
pause_statuses as (

    select
        listed.source_system,
        listed.status_id,
        listed.policy_id,
        listed.pipeline_id
    from listed
    left join listed as everywhere
        on
            listed.source_system = everywhere.source_system
            and listed.status_id = everywhere.status_id
            and listed.policy_id = everywhere.policy_id
            and everywhere.pipeline_id is null
    where listed.pipeline_id is null or everywhere.policy_id is null

),

-- The policies that list a status. Their clocks pause in it already.
listings as (

    select
        source_system,
        status_id,
        pipeline_id,
        {{ sorted_values('policy_id') }} as policies
    from pause_statuses
    group by source_system, status_id, pipeline_id

),

states as (
    {%- for metric, still_in in sla_metrics().items() %}
    {%- set is_last_metric = loop.last %}
    {%- for state in still_in %}
    select
        '{{ metric }}' as metric,
        '{{ state }}' as status_state
    {{ 'union all' if not (is_last_metric and loop.last) }}
    {%- endfor %}
    {%- endfor %}

),

-- The states that pause a metric with a target.
metric_states as (

    select distinct
        targeted.source_system,
        states.status_state
    from {{ ref('int_sla_targeted_metrics') }} as targeted
    inner join states
        on targeted.metric = states.metric

),

-- Every clock pauses in a closed status, from the close on, and in one with pauses_sla. Clocks of a policy pause in the
-- statuses that it lists, for its pipeline or for all. Pending and on-hold statuses also pause the clocks of some
-- metrics, but not twice those of a policy that lists the status.
pauses_of_tickets as (

    select
        intervals.ticket_number,
        intervals.interval_number,
        intervals.entered_at,
        intervals.left_at,
        cast(null as string) as policy_id,
        intervals.status_state as metrics_state,
        listings.policies as listing_policies,
        own_listings.policies as own_listing_policies
    from intervals
    inner join metric_states
        on
            intervals.source_system = metric_states.source_system
            and intervals.status_state = metric_states.status_state
    left join listings
        on
            listings.pipeline_id is null
            and intervals.source_system = listings.source_system
            and intervals.status_id = listings.status_id
    left join listings as own_listings
        on
            intervals.source_system = own_listings.source_system
            and intervals.status_id = own_listings.status_id
            and intervals.pipeline_id = own_listings.pipeline_id
    where not intervals.is_pausing
    union all
    select
        intervals.ticket_number,
        intervals.interval_number,
        intervals.entered_at,
        intervals.left_at,
        pause_statuses.policy_id,
        cast(null as string) as metrics_state,
        null as listing_policies,
        null as own_listing_policies
    from intervals
    inner join pause_statuses
        on
            intervals.source_system = pause_statuses.source_system
            and intervals.status_id = pause_statuses.status_id
            and (
                pause_statuses.pipeline_id is null
                or intervals.pipeline_id = pause_statuses.pipeline_id
            )
    where not intervals.is_pausing and intervals.status_state <> 'closed'
    union all
    select
        ticket_number,
        interval_number,
        case when status_state = 'closed' then closed_from else entered_at end as entered_at,
        left_at,
        cast(null as string) as policy_id,
        cast(null as string) as metrics_state,
        null as listing_policies,
        null as own_listing_policies
    from intervals
    where case when status_state = 'closed' then closed_from is not null else is_pausing end

)

select * from pauses_of_tickets
