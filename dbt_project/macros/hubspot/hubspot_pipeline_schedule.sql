{#- The business hours' schedule that the settings give a pipeline; null where they give none. -#}
{% macro hubspot_pipeline_schedule(pipeline_id) -%}
    {%- set cases = [] -%}
    {%- for pipeline, schedule in var('hubspot').pipeline_schedules.items() -%}
        {%- do cases.append(
            'when ' ~ dbt.string_literal(dbt.escape_single_quotes(pipeline))
            ~ ' then ' ~ dbt.string_literal(dbt.escape_single_quotes(schedule))
        ) -%}
    {%- endfor -%}
    {{ return('case ' ~ pipeline_id ~ ' ' ~ cases | join(' ') ~ ' end' if cases else 'null') }}
{%- endmacro %}
