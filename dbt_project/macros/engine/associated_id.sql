{#- The id of the object of type `to` in HubSpot's associations: the one with the type `primary`, where that is
    given and there is one, else the first. -#}
{% macro associated_id(associations, to, primary=none) -%}
    {{ adapter.dispatch('associated_id')(associations, to, primary) }}
{%- endmacro %}

{% macro duckdb__associated_id(associations, to, primary) -%}
    case when json_valid({{ associations }}) then coalesce(
        {%- if primary %}
        json_extract_string(
            list_filter(
                json_extract({{ associations }}, '$.{{ to }}[*]'),
                lambda one: list_contains(json_extract_string(one, '$.associationTypes[*].typeId'), '{{ primary }}')
            )[1],
            '$.toObjectId'
        ),
        {%- endif %}
        json_extract_string({{ associations }}, '$.{{ to }}[0].toObjectId')
    ) end
{%- endmacro %}

{% macro spark__associated_id(associations, to, primary) -%}
    case when {{ is_json(associations) }} then coalesce(
        {%- if primary %}
        get(
            filter(
                from_json(
                    get_json_object({{ associations }}, '$.{{ to }}'),
                    'array<struct<toObjectId: string, associationTypes: array<struct<typeId: string>>>>'
                ),
                one -> exists(one.associationTypes, type -> type.typeId = '{{ primary }}')
            ),
            0
        ).toObjectId,
        {%- endif %}
        get_json_object({{ associations }}, '$.{{ to }}[0].toObjectId')
    ) end
{%- endmacro %}
