{#- The sentence of a fact, by its template. Every number in it is in the row: value, comparison_value,
    difference, relative_difference, contribution, desk_difference, share, score, n, oldest_days, period_days or one
    of its dates. -#}
{% macro insight_sentence() -%}
{%- set value = worded_value('value') -%}
{%- set usual = worded_value('comparison_value') -%}
{%- set in_period -%}
' in the ' || {{ worded_number('days') }} || ' days to ' || {{ worded_date('period_end') }}
{%- endset -%}
{%- set at_level -%}
' at the end of ' || {{ worded_date('period_end') }}
{%- endset -%}
{%- set at = "case when is_stock then " ~ at_level ~ " else " ~ in_period ~ " end" -%}
{%- set before = "case when is_stock then ' ' || " ~ worded_number('days') ~ " || ' days before' else ' in the ' || "
    ~ worded_number('days') ~ " || ' days before' end" -%}
{%- set oldest -%}
case
    when oldest_days = 0 then ' for less than a day'
    else ' for ' || {{ worded_number('oldest_days') }} || case when oldest_days = 1 then ' day' else ' days' end
end || '; ' || {{ usual }} || ' at the same time yesterday.'
{%- endset -%}
{%- set off = "' (' || " ~ worded_number('abs(score)', 1, true) ~ " || ' times the usual deviation).'" -%}
case template
    when 'level_none'
        then
            label || ': none' || {{ at }} || '; the newest are of '
            || {{ worded_date('newest_date') }} || '.'
    when 'level_stopped'
        then label || ': none' || {{ at }} || ';' || {{ before }} || ': ' || {{ usual }} || '.'
    when 'level_alone' then label || ': ' || {{ value }} || {{ at }} || '; there is nothing before to compare with.'
    when 'level_same'
        then
            label || ': ' || {{ value }} || {{ at }} || ';' || {{ before }} || ': ' || {{ usual }} || '. No clear change.'
    when 'level_changed'
        then
            label || ': ' || {{ value }} || {{ at }} || ', '
            || case
                when format in ('percent', 'points')
                    then {{ worded_value('abs(difference)', is_difference=true) }}
                else {{ worded_number('100 * abs(relative_difference)', 1) }} || '%'
            end
            || case
                when format = 'count' then case when difference > 0 then ' more than' else ' fewer than' end
                when format = 'duration' then case when difference > 0 then ' longer than' else ' shorter than' end
                else case when difference > 0 then ' higher than' else ' lower than' end
            end
            || {{ before }} || ' (' || {{ usual }} || ').'
    when 'driver'
        then
            'By ' || lower(dimension_label) || ', ' || member_name || ' accounts for '
            || case when contribution < 0 then '−' else '+' end || {{ worded_value('abs(contribution)', is_difference=true) }}
            || ' of the ' || case when desk_difference < 0 then '−' else '+' end
            || {{ worded_value('abs(desk_difference)', is_difference=true) }}
            || ' (' || {{ worded_number('100 * share', 0) }} || '%).'
    when 'unusual_day'
        then
            label || ': ' || {{ value }} || ' on ' || {{ worded_weekday('period_end') }} || ', '
            || {{ worded_date('period_end') }} || ', where ' || {{ usual }} || ' is usual for a '
            || {{ worded_weekday('period_end') }} || {{ off }}
    when 'unusual_week'
        then
            label || ', ' || lower(dimension_label) || ' ' || member_name || ': ' || {{ value }} || {{ in_period }}
            || ', where ' || {{ usual }} || ' is usual' || {{ off }}
    when 'tickets_overdue_today'
        then
            {{ value }} || case when value = 1 then ' ticket' else ' tickets' end
            || ' became overdue today, ' || {{ usual }} || ' by this time yesterday.'
    when 'tickets_due_soon'
        then
            {{ value }} || case when value = 1 then ' ticket is' else ' tickets are' end
            || ' due soon, ' || {{ usual }} || ' at the same time yesterday.'
    when 'tickets_unanswered'
        then
            {{ value }} || case
                when value = 1 then ' ticket waits for an overdue answer,'
                else ' tickets wait for an overdue answer, the longest'
            end || {{ oldest }}
    when 'tickets_past_close'
        then
            {{ value }} || case
                when value = 1 then ' open ticket is past its close target, open'
                else ' open tickets are past their close target, the oldest open'
            end || {{ oldest }}
    when 'sla_overdue'
        then
            {{ value }} || case when value = 1 then ' SLA clock is' else ' SLA clocks are' end
            || ' overdue now, ' || {{ usual }} || ' at the same time yesterday.'
    when 'sla_due_soon'
        then
            {{ value }} || case when value = 1 then ' SLA clock is' else ' SLA clocks are' end
            || ' due soon, ' || {{ usual }} || ' at the same time yesterday.'
    when 'at_capacity'
        then
            {{ value }} || ' of ' || {{ worded_number('n') }} || ' agents with a limit '
            || case when value = 1 then 'is' else 'are' end || ' at capacity, ' || {{ usual }}
            || ' at the same time yesterday.'
    when 'today'
        then
            {{ value }} || case when value = 1 then ' ticket was' else ' tickets were' end
            || ' opened today so far, where ' || {{ usual }} || ' is usual for a '
            || {{ worded_weekday('period_end') }} || ' by this time' || {{ off }}
    when 'incomplete'
        then
            {{ worded_date('period_end') }} || ' is not over and not counted above'
            || case
                when value is null then ''
                when is_stock then ': ' || {{ value }} || ' now'
                else ': ' || {{ value }} || ' so far'
            end
            || '.' || coalesce(' ' || recency_note, '')
end
{%- endmacro %}
