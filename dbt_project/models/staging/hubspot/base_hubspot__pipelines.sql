with

pipelines as (

    select * from {{ source('hubspot', 'pipelines') }}

),

shaped as (

    select
        {{ shaped_as('pipelines', {
            'pipeline_id': 'id',
            'name': 'label',
            'display_order': '"displayOrder"',
            'schedule_id': hubspot_pipeline_schedule('id'),
        }) }}
    from pipelines

)

select * from shaped
