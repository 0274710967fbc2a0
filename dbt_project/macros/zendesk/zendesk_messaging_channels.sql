{#- The channels whose conversations are chats, as a list of SQL texts. -#}
{% macro zendesk_messaging_channels() %}
    {%- set ids = [] -%}
    {%- for id, channel in zendesk_channels().items() if channel.is_messaging -%}
        {%- do ids.append("'" ~ id ~ "'") -%}
    {%- endfor -%}
    {{ return(ids | join(', ')) }}
{% endmacro %}
