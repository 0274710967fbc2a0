{#- The columns of a report that can explain a change: its series, its breakdowns, the five filters and the declared
    ones, if they are text. A score cannot explain a change of the mean score. -#}
{% macro insight_dimensions(node) %}
    {%- set declared = node.config.meta.report -%}
    {%- set relations = node.config.meta.relations -%}
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
    {%- for field in own_fields('ticket') if field.is_filter and field.name not in found -%}
        {%- do found.update({field.name: field.label}) -%}
    {%- endfor -%}
    {%- set dimensions = [] -%}
    {%- for column, label in found.items() if node.columns.get(column, {}).data_type == 'varchar' -%}
        {%- do dimensions.append({'column': column, 'label': label, 'member_table': relations.get(column, {}).model}) -%}
    {%- endfor -%}
    {{ return(dimensions) }}
{% endmacro %}
