-- Properties of the object types that can have own fields, with the type names of HubSpot's API.
with options as (
    select
        property_id,
        to_json(list(json_object('value', value, 'label', label)
            order by try_cast(display_order as bigint), value)) as listed,
        max(synced_at) as synced_at
    from property_option group by all
),
named as (
    select
        *,
        case lower(hubspot_object)
            when 'ticket' then 'tickets'
            when 'company' then 'companies'
            when 'contact' then 'contacts'
        end as object_type
    from property
)
select
    named.object_type || '.' || named.name as id,
    named.object_type as "objectType",
    named.name,
    named.label,
    named.type,
    named.field_type as "fieldType",
    options.listed as options,
    coalesce(named.hubspot_defined, 'false') as "hubspotDefined",
    greatest(named.synced_at, options.synced_at) as synced_at
from named
left join options on named._fivetran_id = options.property_id
where named.object_type is not null
