{#- The channel of a ticket by how a condition of a policy names it: by the number or the name of a via type, as
    Zendesk's reference of via types has them, or by the channel itself. Null where it is none of them. -#}
{% macro zendesk_via(value) -%}
    {%- set types = {
        'web': ['0', 'web_form', '17', 'dropbox', '20', 'batch', '27', 'closed_ticket'],
        'email': ['4', 'mail'],
        'api': ['5', 'web_service', '31', 'ticket_sharing', '36', 'blog', '39', 'import'],
        'chat': ['29'],
        'twitter': ['23', 'twitter_favorite', '26', 'twitter_dm', '30'],
        'voice': ['33', 'voicemail', '34', 'phone_call_inbound', '35', 'phone_call_outbound'],
        'facebook': ['38', 'facebook_post', '41', 'facebook_message'],
    } -%}
    case
        {% for channel, names in types.items() -%}
        when {{ value }} in ('{{ names | join("', '") }}') then '{{ channel }}'
        {% endfor -%}
        when {{ value }} in ('{{ zendesk_channels().keys() | join("', '") }}') then {{ value }}
    end
{%- endmacro %}
