{#- The address of a record in HubSpot: `type` is the number of its kind, 0-5 a ticket, 0-2 a company, 0-1 a contact.
    Columns `portal_id` and `ui_domain`, the host of the account's pages, are in scope; without a portal id there is
    no address. -#}
{% macro hubspot_record_url(type, id) -%}
    {{ return("'https://' || coalesce(ui_domain, 'app.hubspot.com') || '/contacts/' || portal_id"
        ~ " || '/record/" ~ type ~ "/' || " ~ id) }}
{%- endmacro %}
