{#- The contract tables that tickets point to and that hold no rules: their rows come and go with the desk's life. -#}
{% macro pointed_to_tables() %}
    {{ return(['agents', 'contacts', 'companies', 'channels', 'channel_accounts']) }}
{% endmacro %}
