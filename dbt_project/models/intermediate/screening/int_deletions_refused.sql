{{ refused_rows(
    table='deletions',
    occurred='deleted_at',
    extra_issue="case
        when staged.\"table\" not in ('" ~ conformed_tables() | join("', '") ~ "')
            then 'table: not a table of the contract'
    end"
) }}
