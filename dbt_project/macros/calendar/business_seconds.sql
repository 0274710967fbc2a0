{#- The rows of `relation` with the business seconds from `start` to `end`, counted at each time in the calendar
    that the ticket has then. Selects every column of the relation and `business_seconds`, null if an end is
    missing. -#}
{% macro business_seconds(relation, start, end) %}
    select
        measured.*,
        {{ open_seconds_before('at_end', 'measured.end_epoch') }}
        - {{ open_seconds_before('at_start', 'measured.start_epoch') }}
        + measured.open_offset as business_seconds
    from (
        select
            {{ relation }}.*,
            starting.calendar_id as start_calendar_id,
            -- Nearly every ticket has one calendar for life, and needs no second look.
            case
                when starting.interval_count = 1 then starting.calendar_id
                else ending.calendar_id
            end as end_calendar_id,
            case
                when starting.interval_count = 1 then 0
                else ending.open_offset - starting.open_offset
            end as open_offset,
            {{ epoch_seconds(relation ~ '.' ~ start) }} as start_epoch,
            {{ epoch_seconds(relation ~ '.' ~ end) }} as end_epoch
        from {{ relation }}
        left join {{ ref('int_ticket_schedules') }} as starting
            on
                {{ relation }}.ticket_number = starting.ticket_number
                and {{ relation }}.{{ start }} >= starting.valid_from
                and {{ relation }}.{{ start }} < starting.valid_to
        left join {{ ref('int_ticket_schedules') }} as ending
            on
                ending.interval_count > 1
                and {{ relation }}.ticket_number = ending.ticket_number
                and {{ relation }}.{{ end }} >= ending.valid_from
                and {{ relation }}.{{ end }} < ending.valid_to
    ) as measured
    {{ calendar_join('at_start', 'measured.start_calendar_id', 'measured.start_epoch') }}
    {{ calendar_join('at_end', 'measured.end_calendar_id', 'measured.end_epoch') }}
{% endmacro %}
