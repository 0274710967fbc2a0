{#- Zendesk's channels by the names that its `via` objects use. -#}
{% macro zendesk_channels() %}
    {{ return({
        'email': {'name': 'Email', 'kind': 'email'},
        'web': {'name': 'Web form', 'kind': 'form'},
        'chat': {'name': 'Chat', 'kind': 'chat'},
        'voice': {'name': 'Phone', 'kind': 'phone'},
        'native_messaging': {'name': 'Messaging', 'kind': 'chat'},
        'mobile': {'name': 'Mobile app', 'kind': 'other'},
        'mobile_sdk': {'name': 'Mobile SDK', 'kind': 'form'},
        'web_widget': {'name': 'Web widget', 'kind': 'form'},
        'help_center': {'name': 'Help centre', 'kind': 'form'},
        'api': {'name': 'API', 'kind': 'other'},
        'sms': {'name': 'Text message', 'kind': 'phone'},
        'facebook': {'name': 'Facebook', 'kind': 'social'},
        'twitter': {'name': 'X (Twitter)', 'kind': 'social'},
        'instagram_dm': {'name': 'Instagram', 'kind': 'social'},
        'whatsapp': {'name': 'WhatsApp', 'kind': 'chat'},
        'line': {'name': 'LINE', 'kind': 'chat'},
        'wechat': {'name': 'WeChat', 'kind': 'chat'},
        'any_channel': {'name': 'Channel app', 'kind': 'other'},
        'sample_ticket': {'name': 'Sample ticket', 'kind': 'other'},
        'closed_ticket': {'name': 'Follow-up', 'kind': 'other'},
        'side_conversation': {'name': 'Side conversation', 'kind': 'other'}
    }) }}
{% endmacro %}
