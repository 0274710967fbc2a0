{#- The remedy for the reason of a rejected row. The first pattern that matches the reason counts. A reason
    without a match is an end or a number out of its bounds, which already names the remedy. -#}
{% macro remedy(reason) -%}
{%- set remedies = [
    ('line: %unicode%', 'Save the file as UTF-8.'),
    ('line: %columns%', 'Give the line as many values as the header has; quote a value that has the delimiter.'),
    ('line: %JSON%', 'Write one JSON object per line.'),
    ('line: %', 'Correct the line; quote a value that has delimiters, quotes or line ends.'),
    ('duplicate key: %', 'Keep one row of the key in the file, or write the newer one to a later file.'),
    ('%: no such row in its table', 'Export the row that the column refers to, or correct the id.'),
    ('%: missing%', 'Fill the column, or leave the row out of the export.'),
    ('%: not an ISO 8601 time%', 'Write the time with its offset, such as 2024-01-31T09:30:00Z.'),
    ('%: a time without an offset%', 'Write the time with its offset, or set its time zone in the settings: source_timezone.'),
    ('%: not a date%', 'Write the date as 2024-01-31.'),
    ('%: not after 1970%', 'Leave the time empty if it is unknown, or correct it.'),
    ('%: not one of true%', 'Write true or false.'),
    ('%: not one of %', 'Write one of these values; helpdesk contract lists what each column takes.'),
    ('conditions: %is_empty%', 'Write a value, a list of values, or an object such as {"any_of": ["high"], "none_of": ["low"], "is_empty": false}; or set leave_out_unusable_policies: true in the settings.'),
    ('conditions: %none of %', 'Use only these properties and declared fields; or set leave_out_unusable_policies: true in the settings.'),
    ('%: not a JSON object', 'Write an object such as {"priority": ["high", "urgent"]}.'),
    ('%: not valid JSON', 'Write valid JSON, with double quotes around names and texts.'),
    ('%: not a whole number%', 'Write only digits, such as 3600.'),
    ('%: not a number%', 'Write a number such as 4 or 4.5.'),
    ('timezone: %', 'Write the name of an IANA time zone, such as Europe/Berlin.'),
    ('table: %', 'Write the name of a table of the contract, such as tickets.'),
    ('end_minute: %', 'Write the minute of the day at which the window closes; split a window of more than two days by weekday.'),
] -%}
case
    {%- for pattern, what_to_do in remedies %}
    when {{ reason }} like '{{ pattern }}' then '{{ what_to_do }}'
    {%- endfor %}
    else 'Correct the value at the source and export the row again.'
end
{%- endmacro %}
