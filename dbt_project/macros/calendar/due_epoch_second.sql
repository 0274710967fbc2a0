{#- The earliest epoch second at which B reaches `total`, from the row that `due_join` joined; null if the
    calendar ends first. Around the clock B is the epoch second itself. -#}
{% macro due_epoch_second(alias, calendar_id, total) -%}
    case
        when {{ calendar_id }} is null then {{ total }}
        else {{ alias }}.starts_at + ({{ total }} - {{ alias }}.seconds_before)
    end
{%- endmacro %}
