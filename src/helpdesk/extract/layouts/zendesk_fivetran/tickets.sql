-- The column of an own field is named after its title. It is matched by title, unless several fields have the same one.
-- Several options are separated by blanks, because options in Zendesk are tags.
with
field_ids as (
    select
        map_from_entries(list({name: name, id: id})) as by_name,
        list(id) filter (where type = 'multiselect') as with_several
    from (
        select regexp_replace(lower(title), '[^a-z0-9]', '', 'g') as name, min(id) as id, min(type) as type
        from ticket_custom_field
        group by 1
        having name <> '' and count(*) = 1
    )
),
tags as (
    select ticket_id, to_json(list(tag order by tag))::varchar as tags, max(synced_at) as synced_at
    from ticket_tag
    group by ticket_id
),
tickets as (
    select
        ticket.*,
        with_several,
        list_transform(
            list_filter(map_entries(custom_fields::json::map(varchar, varchar)), lambda field: field.value <> ''),
            lambda field: {
                id: coalesce(by_name[regexp_replace(field.key, '[^a-z0-9]', '', 'g')], field.key),
                value: field.value
            }
        ) as fields
    from ticket
    cross join field_ids
)
select
    id, created_at, updated_at, subject, type, priority,
    case when _fivetran_deleted = 'true' then 'deleted' else status end as status,
    custom_status_id, recipient, requester_id, submitter_id, assignee_id, group_id, organization_id,
    ticket_form_id, brand_id,
    to_json({channel: via_channel, source: {rel: via_source_rel}}) as via,
    coalesce(tags.tags, '[]') as tags,
    to_json(list_transform(fields, lambda field: {
        id: field.id,
        value: case
            when list_contains(with_several, field.id) and field.value not like '[%'
                then replace(field.value, ' ', ';')
            else field.value
        end
    }))::varchar as custom_fields,
    greatest(tickets.synced_at, tags.synced_at) as synced_at
from tickets
left join tags on tickets.id = tags.ticket_id
