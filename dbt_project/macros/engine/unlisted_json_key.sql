{#- The first key of a JSON object that is not in `listed`, null without one; an empty text if the JSON is not an
    object. SQL NULL counts as an empty object. -#}
{% macro unlisted_json_key(json, listed) -%}
    {{ return(adapter.dispatch('unlisted_json_key')(json, listed)) }}
{%- endmacro %}

{% macro duckdb__unlisted_json_key(json, listed) -%}
    {%- set keys = "'" ~ listed | join("', '") ~ "'" -%}
    {{ return(
        "case when " ~ json ~ " is not null and coalesce(json_type(" ~ json ~ ") <> 'OBJECT', true) then '' "
        ~ "else list_filter(json_keys(" ~ json ~ "), lambda key : key not in (" ~ keys ~ "))[1] end"
    ) }}
{%- endmacro %}

{% macro spark__unlisted_json_key(json, listed) -%}
    {%- set keys = "'" ~ listed | join("', '") ~ "'" -%}
    {{ return(
        "case when " ~ json ~ " is not null and json_object_keys(" ~ json ~ ") is null then '' "
        ~ "else get(array_except(json_object_keys(" ~ json ~ "), array(" ~ keys ~ ")), 0) end"
    ) }}
{%- endmacro %}
