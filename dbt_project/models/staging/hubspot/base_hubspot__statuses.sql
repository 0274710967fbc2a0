with

pipelines as (

    select * from {{ source('hubspot', 'pipelines') }}

),

stages as (

    {{ json_records(
        'pipelines', ['id', '_file', '_row'], 'stages', ['id', 'label', 'displayOrder', 'metadata']
    ) }}

),

read_stages as (

    select
        id as pipeline_id,
        record_id as stage_id,
        record_label as label,
        record_displayorder as display_order,
        coalesce(
            nullif(upper({{ json_value('record_metadata', 'ticketState') }}), ''),
            case lower({{ json_value('record_metadata', 'isClosed') }})
                when 'true' then 'CLOSED'
                when 'false' then 'OPEN'
            end
        ) as ticket_state,
        _file,
        {{ part_of_row('_row', 'record_number') }} as _row
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
