{#- Every row satisfies each of the named conditions; a null counts as not satisfied. One scan for all of them.
    Returns the rows that do not, with the names of the conditions they break. -#}
{% test expressions_are_true(model, conditions) %}
select
    concat_ws(
        ', '
        {%- for name, condition in conditions.items() %},
        case when not coalesce({{ condition | trim }}, false) then '{{ name }}' end
        {%- endfor %}
    ) as conditions_broken,
    *
from {{ model }}
where
    {%- for condition in conditions.values() %}
    {{ 'or ' if not loop.first }}not coalesce({{ condition | trim }}, false)
    {%- endfor %}
{% endtest %}
