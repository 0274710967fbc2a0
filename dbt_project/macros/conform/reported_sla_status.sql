{#- A stored SLA status as this project calls it: vendors write it as a word or, as HubSpot, as the number of one
    (0 active, 1 overdue, 2 due soon, 3 completed on time, 4 completed late). Any other word stays as it is. -#}
{% macro reported_sla_status(column) -%}
    case lower(replace(trim({{ column }}), ' ', '_'))
        {%- for word, statuses in {
            'active': ['0', 'active', 'active_sla'],
            'overdue': ['1', 'overdue', 'breached'],
            'due_soon': ['2', 'due_soon'],
            'completed_on_time': ['3', 'completed_on_time', 'on_time', 'achieved', 'fulfilled'],
            'completed_late': ['4', 'completed_late', 'late'],
            'paused': ['paused'],
            'cancelled': ['cancelled', 'canceled'],
        }.items() %}
        {%- for status in statuses %}
        when '{{ status }}' then '{{ word }}'
        {%- endfor %}
        {%- endfor %}
        else {{ column }}
    end
{%- endmacro %}
