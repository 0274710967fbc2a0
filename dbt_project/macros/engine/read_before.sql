{#- Says that `reader` reads the model in which this stands as the build before left it, and so before it is made anew. -#}
{% macro read_before(reader) -%}
    {{ adapter.dispatch('read_before')(reader) }}
{%- endmacro %}

{#- There a table is as it was until the new one takes its place: nobody need wait. -#}
{% macro duckdb__read_before(reader) -%}
{%- endmacro %}

{#- There a table is gone while it is made. -#}
{% macro spark__read_before(reader) -%}
    {%- if not execute -%}
        {%- do ref(reader) -%}
    {%- endif -%}
{%- endmacro %}
