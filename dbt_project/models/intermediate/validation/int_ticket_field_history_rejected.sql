{{ config(
    materialized='incremental',
    incremental_strategy='changed_tickets',
    unique_key=['source_system', 'landed_file', 'landed_row'],
    changed_by=['source_system', 'ticket_id']
) }}
{%- set due_fields = ['first_response_due_at', 'next_response_due_at', 'time_to_close_due_at'] -%}
{%- set extra_issue -%}
case
            when staged.field = 'status' and staged.value is null then 'value: missing'
            when staged.field in ('{{ due_fields | join("', '") }}')
                then
                    case
                        when staged.value is not null and {{ parse_instant('staged.value') }} is null
                            then 'value: not an ISO 8601 time with an offset'
                    end
        end
{%- endset %}
-- depends_on: {{ ref('int_changed_tickets') }}

{{ rejected_rows(
    table='ticket_field_history',
    occurred='changed_at',
    parent=('ticket_id', 'tickets'),
    also_key='case when staged.seq is null then staged.value end',
    extra_issue=extra_issue
) }}
