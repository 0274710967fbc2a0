{#- The patterns of times, without an end anchor: a `wall` time in the extended or the basic form, its `offset`,
    a `date`, and a `day`, which can also be the midnight that many programs write for a date. -#}
{% macro time_patterns() -%}
    {%- set extended = '[0-9]{2}(:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?)?' -%}
    {%- set basic = '[0-9]{4}([0-9]{2}([.,][0-9]+)?)?' -%}
    {%- set date = '^[0-9]{4}-?[0-9]{2}-?[0-9]{2}' -%}
    {{ return({
        'wall': '^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8})[T ](' ~ extended ~ '|' ~ basic ~ ')',
        'offset': '(Z|[+-](0[0-9]|1[0-8])(:?[0-5][0-9])?)',
        'date': date,
        'day': date ~ '([T ]00:00(:00([.]0+)?)?( ?(Z|UTC|[+-]00(:?00)?))?)?',
    }) }}
{%- endmacro %}
