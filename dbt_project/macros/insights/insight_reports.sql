{#- The reports with insights, as declared by their own models: id, relation, the headline (label, sum,
    denominator, minus, format), a flag for a value at a point in time, the data that recent dates still lack,
    and the dimensions that can explain a change (name, label, column, and the `member_table` with the names of
    its members, none if the column is the name). Empty while dbt parses. -#}
{% macro insight_reports() %}
    {%- set names = [
        'rpt_tickets_created', 'rpt_first_response_sla', 'rpt_first_response_time', 'rpt_time_in_status',
        'rpt_next_response_sla', 'rpt_tickets_closed', 'rpt_time_to_close', 'rpt_time_to_close_sla',
        'rpt_customer_effort_score', 'rpt_customer_wait_time', 'rpt_agent_response_time', 'rpt_agent_replies',
        'rpt_ticket_volume', 'rpt_time_to_assign', 'rpt_customer_satisfaction', 'rpt_net_promoter_score',
        'rpt_backlog', 'rpt_reopens', 'rpt_bot_interactions',
    ] -%}
    {%- set found = [] -%}
    {%- for name in names -%}
        {#- Outside `execute`, for dbt to know what is read. -#}
        {%- set relation = ref(name) -%}
        {%- if execute -%}
            {%- set node = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
            {%- set declared = node.config.meta.report -%}
            {%- set headline = declared.measures[0] -%}
            {#- 'Completed on time' is unclear without its report, 'Tickets created' is clear. -#}
            {%- set is_vague = headline.format in ['percent', 'points', 'decimal']
                and headline.label | lower != declared.title | lower -%}
            {%- do found.append({
                'id': declared.id,
                'relation': relation,
                'headline': headline,
                'label': declared.title ~ ', ' ~ headline.label | lower if is_vague else headline.label,
                'is_stock': declared.get('point_in_time', false),
                'recency_note': declared.recency_note,
                'dimensions': insight_dimensions(node),
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}
