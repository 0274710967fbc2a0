{#- Zendesk's channels by their names in `via` objects. `is_messaging`: the messages are in the events of a chat,
    and the comments are transcripts of it. -#}
{% macro zendesk_channels() %}
    {%- set messaging = {
        'chat': 'Chat',
        'native_messaging': 'Messaging',
        'messaging': 'Messaging (other)',
        'whatsapp': 'WhatsApp',
        'line': 'LINE',
        'wechat': 'WeChat',
        'viber': 'Viber',
        'telegram': 'Telegram',
        'kakaotalk': 'KakaoTalk',
        'apple_business_chat': 'Apple Messages',
        'google_business_messages': 'Google Business Messages',
        'google_rcs': 'Google RCS',
        'sunshine_conversations_api': 'Conversations API',
        'sunshine_conversations_facebook_messenger': 'Facebook Messenger',
        'sunshine_conversations_twitter_dm': 'X direct message',
        'business_messaging_slack_connect': 'Slack',
        'twilio_sms': 'Twilio text message',
        'messagebird_sms': 'MessageBird text message',
        'instagram_dm': 'Instagram',
        'twitter_dm': 'X direct message (other)'
    } -%}
    {%- set channels = {
        'email': {'name': 'Email', 'kind': 'email'},
        'web': {'name': 'Web form', 'kind': 'form'},
        'voice': {'name': 'Phone', 'kind': 'phone'},
        'mobile': {'name': 'Mobile app', 'kind': 'other'},
        'mobile_sdk': {'name': 'Mobile SDK', 'kind': 'form'},
        'web_widget': {'name': 'Web widget', 'kind': 'form'},
        'help_center': {'name': 'Help centre', 'kind': 'form'},
        'api': {'name': 'API', 'kind': 'other'},
        'sms': {'name': 'Text message', 'kind': 'phone'},
        'facebook': {'name': 'Facebook', 'kind': 'social'},
        'twitter': {'name': 'X (Twitter)', 'kind': 'social'},
        'any_channel': {'name': 'Channel app', 'kind': 'other'},
        'sample_ticket': {'name': 'Sample ticket', 'kind': 'other'},
        'closed_ticket': {'name': 'Follow-up', 'kind': 'other'},
        'side_conversation': {'name': 'Side conversation', 'kind': 'other'}
    } -%}
    {%- for id, name in messaging.items() -%}
        {%- set kind = 'social' if id in ('instagram_dm', 'twitter_dm', 'sunshine_conversations_twitter_dm') else 'chat' -%}
        {%- do channels.update({id: {'name': name, 'kind': kind, 'is_messaging': true}}) -%}
    {%- endfor -%}
    {{ return(channels) }}
{% endmacro %}
