{#- Says that `reader` reads, with `stored`, the model in which this stands as the build before left it: it runs first.
    An order and no more: what is new to the reader is nothing new to the model, which rests as ever. -#}
{% macro read_before(reader) -%}
    {%- if not execute -%}
        {%- do ref(reader) -%}
    {%- endif -%}
{%- endmacro %}
