{{ screened_rows(
    table='surveys',
    extra_issue="case
        when " ~ survey_scale_end('min', 'unioned') ~ " >= " ~ survey_scale_end('max', 'unioned')
            ~ " then 'scale_max: not above scale_min'
    end"
) }}
