with

metrics as (

    select distinct
        policy_id,
        vendor_metric,
        _file,
        _row
    from {{ ref('base_zendesk__sla_metrics') }}
    where clock = 'time_to_close'

),

-- Pauses have no dates: of a policy's versions the newest counts.
ranked as (

    select
        *,
        rank() over (partition by policy_id order by _file desc, _row desc) as recency
    from metrics

),

custom_statuses as (

    select * from {{ source('zendesk', 'custom_statuses') }}
    where _gone_at is null

),

newest as (

    {{ newest_rows('custom_statuses') }}

),

statuses as (

    select
        id as status_id,
        status_category as category,
        100 + row_number() over (order by id) as place
    from newest
    union all
    select
        'pending' as status_id,
        'pending' as category,
        1 as place
    union all
    select
        'hold' as status_id,
        'hold' as category,
        2 as place

),

paused as (

    select
        ranked.policy_id,
        statuses.status_id,
        ranked._file,
        {{ part_of_row('ranked._row', 'statuses.place') }} as _row
    from ranked
    inner join statuses
        on
            case ranked.vendor_metric
                when 'requester_wait_time' then statuses.category = 'pending'
                when 'agent_work_time' then statuses.category in ('pending', 'hold')
            end
    where ranked.recency = 1

),

shaped as (

    select
        {{ shaped_as('sla_pause_statuses', {
            'policy_id': 'policy_id',
            'status_id': 'status_id',
        }) }}
    from paused

)

select * from shaped
