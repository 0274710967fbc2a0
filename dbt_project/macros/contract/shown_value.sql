{#- SQL of the visible part of a landed value of column `column`, one of the `columns` of its table; `relation` is
    the staged row. It is the text itself if that is known to be harmless, else `(masked)`. The columns of a rejected
    row are often shifted, and then any column can have any content: so the column must be harmless, and the text must
    have the form of its values.

      times, dates, numbers, booleans   digits, punctuation and the words of dates and booleans, 40 characters
      enumerations (`accepted`, or      one word of 32 letters
      `harmless` in the contract)
      ids                               64 letters, digits and marks, without blanks and @
      everything else                   never: names, subjects, comments, JSON

    The value of a change in a ticket's history is an id only if its field is one of the contract: that of any
    other field, such as the subject, is text. With `include_personal_data` everything is shown. -#}
{% macro shown_value(column, columns, relation) -%}
    {%- set is_typed = column.type is defined and column.type != 'string' -%}
    {%- set value = relation ~ '.' ~ ('raw_' ~ column.name if column.is_parsed else adapter.quote(column.name)) -%}
    {%- if var('include_personal_data') -%}
        {{ return(value) }}
    {%- endif -%}
    {%- set letters = 'A-Za-zÀ-῿぀-퟿' -%}
    {%- set words = [
        'jan(?:uar[yi]?)?', 'feb(?:ruar[yi]?)?', 'mar(?:ch|s)?', 'märz', 'mrz', 'apr(?:il)?', 'may', 'mai', 'jun[ei]?',
        'jul[yi]?', 'aug(?:ust)?', 'sep(?:t(?:ember)?)?', 'o[ck]t(?:ober)?', 'nov(?:ember)?', 'de[czs](?:ember)?',
        'mon(?:day)?', 'tue(?:sday)?', 'wed(?:nesday)?', 'thu(?:rsday)?', 'fri(?:day)?', 'sat(?:urday)?',
        'sun(?:day)?', 'utc', 'gmt', 'ce[s]?t', '[ap]m', '[tzhe]', 'inf(?:inity)?', 'n/?an?', 'null', 'nil', 'none',
        'true', 'false', 'yes', 'no', 'ja', 'nein', 'nei', 'never',
    ] -%}
    {%- set shape = none -%}
    {%- if column.personal or column.type == 'json' -%}
    {%- elif is_typed -%}
        {%- set shape = '(?i)^(?:[0-9 .,:;/+()_-]|' ~ words | join('|') ~ '){1,40}$' -%}
    {%- elif column.accepted or column.harmless -%}
        {%- set shape = '^[' ~ letters ~ '/_+-]{1,32}$' -%}
    {%- elif column.key or column.references or column.references_by or column.name.endswith('_id') -%}
        {%- set shape = '^[' ~ letters ~ '0-9_.:/+#=~%-]{1,64}$' -%}
    {%- endif -%}
    {%- if not shape -%}
        {{ return("case when " ~ value ~ " is not null then '(masked)' end") }}
    {%- endif -%}
    {%- set is_harmless = [matches(value, shape)] -%}
    {%- for other in columns if column.references_by and column.references_by.column == other.name and other.accepted -%}
        {%- do is_harmless.append(
            "lower(" ~ relation ~ "." ~ adapter.quote(other.name) ~ ") in ('" ~ other.accepted | join("', '") ~ "')"
        ) -%}
    {%- endfor -%}
    {{ return(
        "case when " ~ is_harmless | join(' and ') ~ " then " ~ value
        ~ " when " ~ value ~ " is not null then '(masked)' end"
    ) }}
{%- endmacro %}
