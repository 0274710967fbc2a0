select
    id, max(name) as name, max(time_zone) as time_zone,
    to_json(
        list({start_time: start_time, end_time: end_time} order by start_time::integer)
            filter (where coalesce(_fivetran_deleted, 'false') <> 'true')
    ) as intervals,
    min(created_at) as created_at,
    case when bool_and(_fivetran_deleted = 'true') then max(synced_at) end as _gone_at,
    max(synced_at) as synced_at
from schedule
group by id
