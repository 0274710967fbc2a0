with

ticket_forms as (

    select * from {{ source('zendesk', 'ticket_forms') }}
    -- A deleted form is still that of its tickets.
    where _gone_at is null or name is not null

),

newest as (

    {{ newest_rows('ticket_forms') }}

),

-- At most one is the default; an account without one has null here.
default_schedules as (

    select max(id) as schedule_id
    from {{ ref('base_zendesk__schedules') }}
    where is_default

),

shaped as (

    select
        {{ shaped_as('pipelines', {
            'pipeline_id': 'id',
            'name': 'name',
            'display_order': 'position',
            'schedule_id': 'schedule_id',
        }) }}
    from newest
    cross join default_schedules

)

select * from shaped
