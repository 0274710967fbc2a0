{#- What a refresh found of the changed tickets (or groups) in a model, `before` or `after` it. -#}
{% macro image(name, time) -%}
    {{ return(stored('changes', name ~ '__' ~ time)) }}
{%- endmacro %}
