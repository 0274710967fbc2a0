{#- A value in the format of its measure, as on the pages. A difference of shares is in points; the median of
    counts can end in a half. -#}
{% macro worded_value(value, format='format', is_difference=false) -%}
case {{ format }}
    when 'duration' then {{ worded_duration(value) }}
    when 'percent' then {{ worded_number("100 * " ~ value, 1) }} || '{{ " points" if is_difference else "%" }}'
    when 'points' then {{ worded_number("100 * " ~ value, 1) }} || '{{ " points" if is_difference else "" }}'
    when 'decimal' then {{ worded_number(value, 2, true) }}
    else {{ worded_number(value, 1) }}
end
{%- endmacro %}
