{#- The columns of a report by which a change of it can be told apart: its series, its breakdowns and the five filters,
    as far as they are text. A score does not drive the mean of scores: it is the mean. -#}
{% macro insight_dimensions(node) %}
    {%- set declared = node.config.meta.report -%}
    {%- set tables = {} -%}
    {%- for test in graph.nodes.values() if test.resource_type == 'test' and test.attached_node == node.unique_id -%}
        {%- if test.test_metadata.name == 'related' -%}
            {%- for relation in test.test_metadata.kwargs.relations -%}
                {%- do tables.update({relation.column: modules.re.findall("ref\\('(\\w+)'\\)", relation.to)[0]}) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = {} -%}
    {%- for item in ([declared.series] if declared.series else []) + (declared.breakdowns or []) -%}
        {%- do found.update({item.column: item.label}) -%}
    {%- endfor -%}
    {%- for column, label in [
        ('agent_key', 'Owner'), ('team_key', 'Team'), ('channel_account_key', 'Channel account'),
        ('pipeline_key', 'Pipeline'), ('company_key', 'Company'),
    ] if column not in found -%}
        {%- do found.update({column: label}) -%}
    {%- endfor -%}
    {%- set dimensions = [] -%}
    {%- for column, label in found.items() if node.columns.get(column, {}).data_type == 'varchar' -%}
        {%- do dimensions.append({'column': column, 'label': label, 'member_table': tables.get(column)}) -%}
    {%- endfor -%}
    {{ return(dimensions) }}
{% endmacro %}
