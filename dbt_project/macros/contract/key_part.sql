{#- An id as one of several parts of a key, with colons between them. A colon in the id is escaped, so that `a`
    and `b:c` never make the key of `a:b` and `c`. An id without a colon and a percent sign stays as it is. -#}
{% macro key_part(id) -%}
    {{ return("replace(replace(" ~ id ~ ", '%', '%25'), ':', '%3A')") }}
{%- endmacro %}
