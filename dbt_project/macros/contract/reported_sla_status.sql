{#- A stored SLA status, translated. Vendors write it as a word or, HubSpot, as a number (0 Active SLA, 1
    Overdue, 2 Due soon, 3 Completed on time, 4 Completed late), which a loader can keep as 0.0. Any other word
    becomes `unknown`, by default itself. -#}
{% macro reported_sla_status(column, unknown=none) -%}
    case lower(replace(replace(trim({{ column }}), ' ', '_'), '-', '_'))
        {%- for word, statuses in {
            'active': ['0', '0.0', 'active', 'active_sla'],
            'overdue': ['1', '1.0', 'overdue', 'breached'],
            'due_soon': ['2', '2.0', 'due_soon'],
            'completed_on_time': ['3', '3.0', 'completed_on_time', 'on_time', 'met', 'achieved', 'fulfilled'],
            'completed_late': ['4', '4.0', 'completed_late', 'late'],
            'paused': ['paused'],
            'cancelled': ['cancelled', 'canceled'],
        }.items() %}
        {%- for status in statuses %}
        when '{{ status }}' then '{{ word }}'
        {%- endfor %}
        {%- endfor %}
        else {{ unknown or column }}
    end
{%- endmacro %}
