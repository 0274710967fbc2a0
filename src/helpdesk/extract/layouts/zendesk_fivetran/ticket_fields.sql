select
    field.id, field.title, field.type, field.active, field.updated_at,
    to_json(list({value: option.value, name: option.name} order by option.value)
        filter (where option.value is not null))::varchar as custom_field_options,
    max(greatest(field.synced_at, option.synced_at)) as synced_at
from ticket_custom_field as field
left join ticket_field_option as option on field.id = option.ticket_custom_field_id
group by all
