{#- The declared fields that are filters of every report, as columns after its others; empty unless the settings
    declare one. They are those of `relation`, or those of own_filter_join with `joined`. `but` has the columns
    that the report already has: a field that is also a dimension is one column, not two. -#}
{% macro own_filter_columns(relation=none, joined=false, but=[]) -%}
    {%- for field in own_fields('ticket') if field.is_filter and field.name not in but -%}
    , {% if joined %}own_filters.own_{{ field.name }} as {% elif relation %}{{ relation }}.{% endif %}{{ field.name }}
    {%- endfor -%}
{%- endmacro %}
