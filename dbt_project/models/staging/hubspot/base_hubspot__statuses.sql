with

pipelines as (

    select * from {{ source('hubspot', 'pipelines') }}

),

stages as (

    {{ json_elements('pipelines', ['id', '_file', '_row'], 'stages') }}

),

read_stages as (

    select
        id as pipeline_id,
        {{ json_value('element', 'id') }} as stage_id,
        {{ json_value('element', 'label') }} as label,
        {{ json_value('element', 'displayOrder') }} as display_order,
        coalesce(
            {{ json_value('element', 'metadata', 'ticketState') }},
            case {{ json_value('element', 'metadata', 'isClosed') }}
                when 'true' then 'CLOSED'
                when 'false' then 'OPEN'
            end
        ) as ticket_state,
        _file,
        {{ part_of_row('_row', 'element_number') }} as _row
    from stages

),

meant as (

    select
        *,
        case
            when ticket_state <> 'OPEN' then lower(ticket_state)
            when {{ is_listed(['label', 'stage_id'], var('hubspot').on_hold_stages) }}
                then 'on_hold'
            when {{ is_listed(['label', 'stage_id'], var('hubspot').pending_stages) }}
                then 'pending'
            when ticket_state is not null then 'open'
        end as state
    from read_stages

),

shaped as (

    select
        {{ shaped_as('statuses', {
            'status_id': 'stage_id',
            'pipeline_id': 'pipeline_id',
            'name': 'label',
            'state': 'state',
            'display_order': 'display_order',
        }) }}
    from meant

)

select * from shaped
