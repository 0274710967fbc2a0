{{ refused_rows(
    table='surveys',
    extra_issue="case
        when " ~ survey_scale_end('min', 'staged') ~ " >= " ~ survey_scale_end('max', 'staged')
            ~ " then 'scale_max: not above scale_min'
    end"
) }}
