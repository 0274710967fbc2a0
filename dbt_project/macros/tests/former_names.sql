{#- Generic tests under the names of version 0.1, for models of your own; they go in version 0.3. -#}
{% test filled(model, columns) %}
{{ test_not_null_columns(model, columns) }}
{% endtest %}
{% test accepted(model, values) %}
{{ test_accepted_values_columns(model, values) }}
{% endtest %}
{% test related(model, relations) %}
{{ test_relationships_columns(model, relations) }}
{% endtest %}
{% test rows_satisfy(model, conditions) %}
{{ test_expressions_are_true(model, conditions) }}
{% endtest %}
{% test unique_together(model, columns) %}
{{ test_unique_combination_of_columns(model, columns) }}
{% endtest %}
{% test sums_equal(model, facts) %}
{{ test_totals_match(model, facts) }}
{% endtest %}
