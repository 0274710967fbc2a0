{#- The value of an own field in a valid row, as in the help desk: text, or a list for a field of several values.
    `text`: the SQL of that text, for example of a history row; without it, that of the staged row in `relation`. -#}
{% macro own_value(field, relation, text=none) -%}
    {%- if text is none -%}
        {%- if field.include is defined -%}
            {%- set text = relation ~ '.tags' -%}
        {%- else -%}
            {%- set names = own_value_fields(field.object) | map(attribute='name') | list -%}
            {%- set text = value_at(relation ~ '.own_values', names.index(field.name) + 1) -%}
        {%- endif -%}
    {%- endif -%}
    {%- if not field.is_many -%}
        {{ return('nullif(' ~ text ~ ", '')") }}
    {%- endif -%}
    {%- if field.include is not defined -%}
        {{ return(listed_values(text, ';')) }}
    {%- endif -%}
    {%- set alike = [] -%}
    {%- for pattern in field.include if '*' not in field.include -%}
        {%- set like = pattern | replace('!', '!!') | replace('%', '!%') | replace('_', '!_') | replace('*', '%') -%}
        {%- do alike.append('one like ' ~ text_literal(like) ~ " escape '!'") -%}
    {%- endfor -%}
    {{ return(listed_values(text, ',', '(' ~ alike | join(' or ') ~ ')' if alike else 'true')) }}
{%- endmacro %}
