{{ refused_rows(
    table='business_hours',
    extra_issue="case
        when not " ~ is_timezone('staged.timezone') ~ " then 'timezone: no IANA time zone'
        when staged.weekday not between 1 and 7 then 'weekday: not 1 (Monday) to 7'
        when staged.start_minute not between 0 and 1440 then 'start_minute: not 0 to 1440'
        when staged.end_minute not between staged.start_minute and 2880
            then 'end_minute: not start_minute to 2880'
    end"
) }}
