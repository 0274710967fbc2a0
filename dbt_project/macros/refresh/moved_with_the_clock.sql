{#- Hook of a fact whose running rows last to as_of: lengthens those of tickets that did not change by the
    time since the build before, calendar and business. Nothing of theirs changed in between, so each
    counts in the schedule that its ticket has now. `start` is the column of the instant they run from,
    `is_running` the condition that they do, `seconds` and `business_seconds` the columns to lengthen. -#}
{% macro moved_with_the_clock(start, is_running, seconds, business_seconds) %}
{%- if not execute or changed_only() -%}
update {{ this }} as running
set
    {{ seconds }} = running.{{ seconds }} + moved.seconds,
    {{ business_seconds }} = running.{{ business_seconds }} + moved.business_seconds
from (
    select
        tickets.ticket_key,
        passed.seconds,
        coalesce(passed_open.business_seconds, passed.seconds) as business_seconds
    from {{ ref('fct_tickets') }} as tickets
    cross join (
        select {{ seconds_between('previous.as_of', 'builds.as_of') }} as seconds
        from {{ ref('int_builds_current') }} as builds
        cross join {{ ref('int_builds_previous') }} as previous
    ) as passed
    left join (
        select
            instants.source_system,
            instants.schedule_id,
            {{ open_seconds_before('at_end', 'instants.end_epoch') }}
            - {{ open_seconds_before('at_start', 'instants.start_epoch') }} as business_seconds
        from (
            select
                calendars.source_system,
                calendars.schedule_id,
                calendars.calendar_id,
                {{ epoch_seconds('previous.as_of') }} as start_epoch,
                {{ epoch_seconds('builds.as_of') }} as end_epoch
            from {{ ref('int_calendars_numbered') }} as calendars
            cross join {{ ref('int_builds_current') }} as builds
            cross join {{ ref('int_builds_previous') }} as previous
            where calendars.holidays_apply
        ) as instants
        {{ calendar_join('at_start', 'instants.calendar_id', 'instants.start_epoch') }}
        {{ calendar_join('at_end', 'instants.calendar_id', 'instants.end_epoch') }}
    ) as passed_open
        on
            tickets.source_system = passed_open.source_system
            and tickets.schedule_id = passed_open.schedule_id
    left join {{ ref('stg_landing__changed_tickets') }} as changed
        on tickets.ticket_key = changed.ticket_key
    where changed.ticket_key is null and passed.seconds > 0
) as moved
where running.ticket_key = moved.ticket_key and {{ is_running }}
{%- endif -%}
{% endmacro %}
