{#- The figures of the team's day (S1), in their order. -#}
{% macro summary_team_figures() -%}
select
        listed.figure,
        listed.position,
        listed.unit
    from (
        values
        ('tickets_opened', 1, 'count'),
        ('tickets_open', 2, 'count'),
        ('tickets_closed', 3, 'count'),
        ('first_response_time', 4, 'duration'),
        ('time_to_close', 5, 'duration'),
        ('csat', 6, 'percent')
    ) as listed (figure, position, unit)
{%- endmacro %}
