with

tickets as (

    select * from {{ source('hubspot', 'tickets') }}

),

-- Each version of a ticket has its whole history, the newest change of a property first.
history as (

    {{ json_object_items('tickets', ['id', '_file', '_row'], '"propertiesWithHistory"') }}

),

read_changes as (

    select
        id,
        field as property,
        {{ iso_instant(json_value('field_value', 'timestamp')) }} as changed_at,
        nullif({{ json_value('field_value', 'value') }}, '') as new_value,
        {{ json_value('field_value', 'updatedByUserId') }} as user_id,
        {{ json_value('field_value', 'sourceType') }} as change_source,
        value_number,
        _file,
        _row
    from history
    where field_value is not null

),

ordered as (

    select
        *,
        row_number() over (
            partition by id, property, changed_at, _file, _row
            order by value_number desc
        ) - 1 as sequence_number
    from read_changes

),

numbered as (

    select
        *,
        row_number() over (
            partition by id, property, changed_at, sequence_number, new_value
            order by _file, _row
        ) as copy_number,
        row_number() over (
            partition by _file, _row
            order by property, changed_at nulls last, sequence_number
        ) as part_number
    from ordered

)

select
    id,
    property,
    changed_at,
    sequence_number,
    new_value,
    user_id,
    change_source,
    _file,
    {{ part_of_row('_row', 'part_number') }} as _row
from numbered
where copy_number = 1
