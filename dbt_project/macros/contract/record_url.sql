{#- The address of a record in its help desk; `kind` is ticket, company or contact. It comes from `url_templates`
    of its source in the settings; for the file contract only where the data has no address. Only http and https
    are allowed, because an address becomes a link. -#}
{% macro record_url(kind, id, source_system='source_system', url='url') -%}
    case
        {%- for source, templates in var('url_templates', {}).items() if templates.get(kind) %}
        {%- set place = '{' ~ kind ~ '_id}' %}
        {%- set parts = [] %}
        {%- for part in templates[kind].split(place) %}
        {%- do parts.append(dbt.string_literal(dbt.escape_single_quotes(part))) %}
        {%- endfor %}
        when
            {{ source_system }} = {{ dbt.string_literal(source) }}
            {%- if source == 'generic' %}
            and {{ url }} is null
            {%- endif %}
            then {{ parts | join(' || ' ~ url_part(id) ~ ' || ') }}
        {%- endfor %}
        when lower({{ url }}) like 'http://%' or lower({{ url }}) like 'https://%' then {{ url }}
    end
{%- endmacro %}
