with

pipelines as (

    select * from {{ ref('int_pipelines_valid') }}

),

known as (

    select
        {{ entity_key('pipeline_id') }} as pipeline_key,
        pipeline_id,
        coalesce(name, pipeline_id) as name,
        display_order,
        source_system
    from pipelines

),

with_unknown as (

    select * from known
    union all
    select
        'unknown' as pipeline_key,
        cast(null as string) as pipeline_id,
        cast('No pipeline' as string) as name,
        cast(null as bigint) as display_order,
        'unknown' as source_system

)

select * from with_unknown
