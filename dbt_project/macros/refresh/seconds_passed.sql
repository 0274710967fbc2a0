{#- The seconds from the clock of the build before to that of this one, all and open, by schedule and switch. -#}
{% macro seconds_passed() %}
    select
        instants.schedule_key,
        instants.holidays_apply,
        instants.end_epoch - instants.start_epoch as seconds,
        {{ open_seconds_before('at_end', 'instants.end_epoch') }}
        - {{ open_seconds_before('at_start', 'instants.start_epoch') }} as open_seconds
    from (
        select
            calendars.calendar_id,
            calendars.schedule_key,
            calendars.holidays_apply,
            {{ epoch_seconds('previous.as_of') }} as start_epoch,
            {{ epoch_seconds('builds.as_of') }} as end_epoch
        from (
            select
                calendar_id,
                {{ entity_key('schedule_id') }} as schedule_key,
                holidays_apply
            from {{ ref('int_calendars_numbered') }}
            union all
            select
                cast(null as integer) as calendar_id,
                'around the clock' as schedule_key,
                true as holidays_apply
        ) as calendars
        cross join {{ ref('int_builds_current') }} as builds
        cross join {{ ref('int_builds_previous') }} as previous
    ) as instants
    {{ calendar_join('at_start', 'instants.calendar_id', 'instants.start_epoch') }}
    {{ calendar_join('at_end', 'instants.calendar_id', 'instants.end_epoch') }}
{% endmacro %}
