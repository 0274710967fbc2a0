{#- Seconds for readers, in at most two units, as on the pages. Rounding comes first, so that 59 min 59 s is 1 h
    and not 60 min. -#}
{% macro worded_duration(seconds) -%}
{%- set minutes = "round(" ~ seconds ~ " / 60)" -%}
{%- set hours = "round(" ~ seconds ~ " / 3600)" -%}
case
    when {{ seconds }} < 59.5 then {{ worded_number(seconds) }} || ' s'
    when {{ minutes }} < 60 then {{ worded_number(minutes) }} || ' min'
    when {{ minutes }} < 1440
        then
            {{ worded_number("floor(" ~ minutes ~ " / 60)") }} || ' h'
            || case when {{ minutes }} % 60 > 0 then ' ' || {{ worded_number(minutes ~ " % 60") }} || ' min' else '' end
    else
        {{ worded_number("floor(" ~ hours ~ " / 24)") }} || ' d'
        || case when {{ hours }} % 24 > 0 then ' ' || {{ worded_number(hours ~ " % 24") }} || ' h' else '' end
end
{%- endmacro %}
