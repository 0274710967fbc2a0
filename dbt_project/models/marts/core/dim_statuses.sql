with

statuses as (

    select * from {{ ref('int_statuses_valid') }}

),

pipelines as (

    select * from {{ ref('dim_pipelines') }}

),

known as (

    select
        {{ entity_key(
            status_path('statuses.pipeline_id', 'statuses.status_id'),
            'statuses.source_system',
        ) }} as status_key,
        statuses.status_id,
        coalesce(statuses.name, statuses.status_id) as name,
        statuses.state as status_state,
        coalesce(pipelines.pipeline_key, 'unknown') as pipeline_key,
        statuses.display_order,
        statuses.source_system
    from statuses
    left join pipelines
        on
            {{ entity_key('statuses.pipeline_id', 'statuses.source_system') }}
            = pipelines.pipeline_key

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as status_key,
        cast(null as string) as status_id,
        'Unknown status' as name,
        'unknown' as status_state,
        'unknown' as pipeline_key,
        cast(null as bigint) as display_order,
        'unknown' as source_system

)

select * from with_unknown
