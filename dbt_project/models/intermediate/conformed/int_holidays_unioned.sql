{{ screened_rows(
    table='holidays',
    extra_issue="case when unioned.end_date < unioned.start_date then 'end_date: before start_date' end"
) }}
