{#- True if another user than the requester created the ticket. Calls have their direction. A ticket that a
    program created through the API is its requester's, with any token. -#}
{% macro zendesk_is_outbound(relation, channel, submitter, requester) -%}
    case
        when {{ relation }} = 'outbound' then 'true'
        when {{ relation }} in ('inbound', 'voicemail') or {{ channel }} = 'api' then 'false'
        when {{ channel }} in ({{ zendesk_messaging_channels() }}) then 'false'
        when {{ submitter }} <> {{ requester }} then 'true'
        else 'false'
    end
{%- endmacro %}
