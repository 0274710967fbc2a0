{{ refused_rows(
    table='holidays',
    extra_issue="case when staged.end_date < staged.start_date then 'end_date: before start_date' end"
) }}
