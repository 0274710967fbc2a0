{{ refused_rows(
    table='agents',
    extra_issue="case when staged.capacity < 0 then 'capacity: below zero' end"
) }}
