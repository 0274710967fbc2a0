{#- Hook of a fact whose running rows last to as_of: lengthens those of tickets that a refresh does not model
    again by the time since the build before. Nothing of theirs changed in between, so the schedule
    they are counted in is the one they have now.
    `is_running`: the condition that a row runs. `seconds`, `open_seconds`: the columns to lengthen by all
    seconds, if any, and by those in opening hours. `schedule_of`, `holidays_apply`: where the schedule
    is told, on the ticket or on the row itself, and whether its holidays count. -#}
{% macro moved_with_the_clock(is_running, open_seconds, seconds=none, schedule_of='tickets', holidays_apply='true') %}
{%- if not execute or changed_only() -%}
{%- set added = {seconds: 'passed.seconds'} if seconds else {} -%}
{%- do added.update({open_seconds: 'passed.open_seconds'}) -%}
{%- set others -%}
(
    select *
    from {{ ref('fct_tickets') }}
    where ticket_key not in (select ticket_key from {{ stored('staging', 'stg_landing__changed_tickets') }})
) as tickets
cross join (
    {{ seconds_passed() }}
) as passed
{%- endset -%}
{%- set matching -%}
running.ticket_key = tickets.ticket_key
    and {{ is_running }}
    and coalesce({{ entity_key(schedule_of ~ '.schedule_id', 'tickets.source_system') }}, 'around the clock')
    = passed.schedule_key
    and coalesce({{ holidays_apply }}, true) = passed.holidays_apply
{%- endset -%}
{{ lengthened_rows(this, added, others, matching) if execute else others }}
{%- endif -%}
{% endmacro %}
