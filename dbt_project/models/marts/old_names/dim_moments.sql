select
    comparison_time as moment,
    compared_at as moment_at,
    compared_date as moment_date
from {{ ref('dim_comparison_times').include(database=false) }}
