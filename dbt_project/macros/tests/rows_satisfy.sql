{#- Every row satisfies the condition; a null counts as not satisfied. Returns the rows that do not. -#}
{% test rows_satisfy(model, condition) %}
select *
from {{ model }}
where not coalesce({{ condition }}, false)
{% endtest %}
