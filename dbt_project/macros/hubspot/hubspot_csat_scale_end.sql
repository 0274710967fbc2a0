{#- An end of the scale on which an account asks for satisfaction, 0 the lowest and 1 the highest; null for other surveys. -#}
{% macro hubspot_csat_scale_end(survey_type, end) -%}
    {{ return("case " ~ survey_type ~ " when 'CSAT' then '" ~ var('hubspot').csat_scale[end] ~ "' end") }}
{%- endmacro %}
