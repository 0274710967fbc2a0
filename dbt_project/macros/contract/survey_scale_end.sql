{#- An end of a survey's scale, `min` or `max`: that in the data, else the usual one of its kind (CSAT 1 to 5,
    CES 1 to 7, NPS 0 to 10). -#}
{% macro survey_scale_end(end, relation) -%}
    {%- set usual = {'csat': (1, 5), 'ces': (1, 7), 'nps': (0, 10)} -%}
    {%- set whens = [] -%}
    {%- for kind, scale in usual.items() -%}
        {%- do whens.append("when '" ~ kind ~ "' then " ~ scale[0 if end == 'min' else 1]) -%}
    {%- endfor -%}
    {{ return(
        "coalesce(" ~ relation ~ ".scale_" ~ end
        ~ ", case " ~ relation ~ ".kind " ~ whens | join(' ') ~ " end)"
    ) }}
{%- endmacro %}
