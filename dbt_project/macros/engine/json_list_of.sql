{#- The values of a group, as an ordered JSON list of strings; empty where there is none but null. -#}
{% macro json_list_of(value) -%}
    {{ return(adapter.dispatch('json_list_of')(value)) }}
{%- endmacro %}

{% macro duckdb__json_list_of(value) -%}
    {{ return(
        "cast(to_json(coalesce(list(" ~ value ~ " order by " ~ value ~ ") filter (where "
        ~ value ~ " is not null), [])) as varchar)"
    ) }}
{%- endmacro %}

{% macro spark__json_list_of(value) -%}
    {{ return("to_json(array_sort(collect_list(" ~ value ~ ")))") }}
{%- endmacro %}
