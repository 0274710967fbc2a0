{#- The statuses of an SLA clock that has ended, as a list of SQL. -#}
{% macro ended_sla_statuses() -%}
    {{ return("('completed_on_time', 'completed_late', 'cancelled')") }}
{%- endmacro %}
