{{ rejected_rows(
    table='calls',
    occurred='started_at',
    extra_issue="case
        when staged.duration_seconds < 0 then 'duration_seconds: negative'
        when staged.duration_seconds > " ~ longest_seconds() ~ "
            then 'duration_seconds: over a hundred years'
    end"
) }}
