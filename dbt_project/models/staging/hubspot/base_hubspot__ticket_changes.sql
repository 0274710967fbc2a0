with

tickets as (

    select * from {{ source('hubspot', 'tickets') }}

),

-- Each version of a ticket tells its history once more, the newest change of a property first.
told as (

    {{ json_listed_items('tickets', ['id', '_file', '_row'], '"propertiesWithHistory"') }}

),

read_changes as (

    select
        id,
        field as property,
        {{ iso_instant(json_value('element', 'timestamp')) }} as changed_at,
        nullif({{ json_value('element', 'value') }}, '') as new_value,
        {{ json_value('element', 'updatedByUserId') }} as user_id,
        {{ json_value('element', 'sourceType') }} as change_source,
        element_number,
        _file,
        _row
    from told

),

ordered as (

    select
        *,
        row_number() over (
            partition by id, property, changed_at, _file, _row
            order by element_number desc
        ) - 1 as sequence_number
    from read_changes

),

numbered as (

    select
        *,
        row_number() over (
            partition by id, property, changed_at, sequence_number, new_value
            order by _file, _row
        ) as telling,
        row_number() over (
            partition by _file, _row
            order by property, changed_at, sequence_number
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
where telling = 1
