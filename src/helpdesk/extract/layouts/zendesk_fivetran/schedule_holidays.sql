select
    id, schedule_id, name, start_date, end_date,
    case when _fivetran_deleted = 'true' then synced_at end as _gone_at,
    synced_at
from schedule_holiday
