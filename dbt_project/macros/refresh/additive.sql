{#- A table of additive measures by group. Whole numbers are its measures, and lists of them, of which the values
    are added; all other columns are the group. A refresh does not read the facts again: what the changed
    tickets contributed before is taken off, what they contribute now is added, to the same sums and
    lists that a full build gives. The model's own SQL tells both, run on either image of the facts that it
    reads. It must count its rows, so that a group without any is all zeros. -#}
{% materialization additive, default %}
    {%- for parent in model.depends_on.nodes -%}
        {%- set node = graph.nodes.get(parent) -%}
        {%- set is_kept = node and (node.config.incremental_strategy == 'changed_tickets' or node.config.materialized == 'additive') -%}
        {%- if node and node.schema == 'marts' and not is_kept -%}
            {{ exceptions.raise_compiler_error(
                model.name ~ ' is additive and reads ' ~ node.name ~ ', which is made whole in each build: there are no rows'
                ~ ' before and after to tell what changed. Read a fact with the strategy changed_tickets, or make '
                ~ model.name ~ " a table: config(materialized='table')."
            ) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(additive_rows()) }}
{% endmaterialization %}
