{#- The kind of a channel, which HubSpot tells by its name alone; null for a channel of one's own. -#}
{% macro hubspot_channel_kind(name) -%}
    {%- set kinds = {
        'email': ['email'],
        'chat': ['chat', 'live chat', 'live_chat'],
        'form': ['form', 'forms', 'web form'],
        'phone': ['phone', 'call', 'calls', 'calling', 'voice'],
        'social': ['facebook messenger', 'facebook', 'messenger', 'instagram', 'whatsapp', 'sms'],
    } -%}
    {%- set cases = [] -%}
    {%- for kind, names in kinds.items() -%}
        {%- do cases.append("when lower(" ~ name ~ ") in ('" ~ names | join("', '") ~ "') then '" ~ kind ~ "'") -%}
    {%- endfor -%}
    {{ return('case ' ~ cases | join(' ') ~ ' end') }}
{%- endmacro %}
