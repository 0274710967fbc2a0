"""Results of the macros of both engines for the same values: texts, times, zones, numbers and JSON.

Each case is a table of values, and expressions that are evaluated on every row as text.
"""

from __future__ import annotations

from dataclasses import dataclass

INSTANTS = """
2024-01-01T10:00:00Z|2024-01-01T24:00:00Z|2024-01-01T24:00:00+02:00|2024-01-01T24:00:01Z|2024-01-01 10:00:00Z
2024-01-01T10:00:00.5Z|2024-01-01T10:00:00.1234567Z|2024-01-01T10:00:00.123456789+05:30|2024-01-01T10:00:00-18
2024-01-01T10:00:00-18:59|2024-01-01T10:00:00+0530|2024-01-01T10:00+0530|2024-01-01T10:00Z|2024-01-01T10:00
2024-01-01|2024-02-30|2024-02-30T10:00:00Z|2024-01-01T10:00:60Z|2024-01-01T10:60:00Z|2024-1-1T10:00:00Z
2024-01-01T1 :00:00Z|-024-01-01T10:00:00Z|0001-01-01T00:00:00Z|9999-12-31T23:59:59Z|2024-01-01T10:00:00z
2024-01-01T10:00:00 Z||x|2024-01-01T10:00:00+19:00|2024-01-01T10:00:00-00:30|2024-01-01T24:00+01
2024-01-01T25:00:00Z|2024-01-01T10:00:00.Z|+024-01-01T10:00:00Z|2024-01-01T10:00:00.000001-0330
2024-01-01t10:00:00z|2024-01-01 10:00:00 +0000|2024-01-01 10:00:00 UTC|2024-01-01 10:00:00 utc|2024-01-01T10:00:00,5+02|20240101T100000Z
20240101T1000+0530|20240101T10Z|20240101T24Z|20240101T24-03:30|2024-01-01T10Z| 2024-01-01T10:00:00Z |2024-01-01T10:00:00 GMT
20240101|2024-01-01 00:00:00|2024-01-01T00:00Z|2024-01-01T00:00:00.000+00:00|2024-01-01T00:01Z|2024-W01-1T10:00:00Z|2024-001T10:00:00Z
2024-01-01T10.5Z|2024-01-01T10:30.5Z|2024-01-01T10|20240101T100000,25|2024-01-01 24:00:00|2024-01-01 10:00:00.123456789|20240230T10Z
2024-03-31 01:59:59|2024-03-31 02:30:00|2024-03-31T03:00|2024-10-27 01:30:00|2024-10-27 02:30:00|2024-10-27T02:30:00.5|2024-07-01 UTC
2024-01-01T10:00:00.123Z|2024-01-01T10:00:00 -18:59|2024-01-01T10:00:00  Z|2024-01-01T10:00:00 +5|20240101T10:00:00Z|2024-01-01T1000Z
"""
VALUES = """
1|-1|+5|1.0|1.00|1.5|9223372036854775807|9223372036854775808|1e5|1e400|.5|5.|-.5e-3|abc|| 1|1 |true|TRUE|0|false
True| FALSE |0.0|1.0| true|1,000|1 000|1.5e3| 2.50 |-0|20240101|2024-01-01 00:00:00|2024-01-01T00:00:00Z|2024-01-01T01:00:00Z
2024-01-01|2024-02-30|2024-1-1|{"a":1}|{"a":1} x|{a}|[1,2|null|"x"|1d|0x1|[1] [2]|1_000
"""
WORDS = "open|Open| OPEN |on_hold|On_Hold|on hold|closed|ÖFFEN|a:b|50%|%3A|  ||NULL"
# Zones with clock changes at any hour, by half an hour to a day.
ZONES = """
UTC|Europe/Berlin|America/New_York|Australia/Lord_Howe|America/Sao_Paulo|Africa/Casablanca|Asia/Kolkata|America/Santiago
EST|Pacific/Apia|Asia/Beirut|Africa/Cairo|America/Havana|America/Asuncion
"""
WALLS = """
2024-03-31 02:30:00|2024-10-27 02:30:00|2024-10-27 01:59:59|2024-10-27 03:00:00|2024-03-10 02:15:00|2024-11-03 01:15:00
2024-04-07 01:45:00|2018-11-04 00:30:00|2018-02-17 23:30:00|2018-02-18 00:00:00|2011-12-30 12:00:00|2021-03-28 00:10:00
2023-04-28 00:30:00|2023-10-26 23:30:00|2024-09-08 00:30:00|2024-04-06 23:15:00|1970-01-01 00:00:00|2024-10-06 00:00:00
2024-03-24 00:00:00|2024-11-03 00:30:00|1969-12-31 23:59:59.5
"""
NAMES = """
UTC|GMT|GMT0|GMT+0|Etc/GMT+1|EST|EST5EDT|Europe/Berlin|America/Argentina/Ushuaia|UTC+1|GMT+1|Z|z|+01:00|UT
europe/berlin|Europe/berlin|Europe/Berlin |Berlin||A|SystemV/PST8
"""
NUMBERS = """
0|-0.0|0.4|0.5|1.5|2.5|2.675|1234567.891|-1234.5|59.4|59.5|3599|3600|86399|90000|0.0000005|1.0000005|0.045|0.05
1e9|123456.7890125|1e-7|99.95|0.995|1.005
"""
JSON = """
{"a":1.50,"b":[{"c":"x"}]}|{"a":"[1]","b":[1,"z",null]}|{"a":null,"b":[]}|[{"a":1,"b":{"q": 2}},{"b":"t"}]|[]|{}
{"companies":[{"toObjectId":5,"associationTypes":[{"typeId":1}]},{"toObjectId":6,"associationTypes":[{"typeId":26},{"typeId":3}]}]}
{"companies":[{"toObjectId":7,"associationTypes":[]}]}|{"pipeline":"p","team":["a","b"]}|{"pipeline":"p","color":1}
"s"|3|{"a":true,"b":{"c":"d"}}|{"a b":1,"é":"ü/ß"}|[{"a":null}]
"""
ITEMS = """
{"a":"[1]","b":[1,"z",null]}|{"a":null,"b":[]}|{}|[]|"s"|x|{"pipeline":"p","team":["a","b"]}|[{"a":1}]|{"a b":true,"é":"ü/ß"}
"""
MIXED = "1700000000123|-5|2024-01-01T00:00:00Z|12345678901234567|1999|see #42 and #43|#||x"
GROUPS = "a|b|Z|é|a b|"


@dataclass(frozen=True)
class Case:
    """`values`: those of column `given`, as text, separated by `|` and line ends."""

    name: str
    values: str
    expressions: tuple[str, ...]
    source: str = "given_values"

    def sql(self) -> str:
        """The query as a dbt template."""
        values = self.values.strip("\n").replace("\n", "|").split("|")
        texts = ", ".join(f"('{value}')" for value in values)
        columns = ", ".join(
            f"cast({{{{ {one} }}}} as string) as read_{number}"
            for number, one in enumerate(self.expressions)
        )
        given = f"given_values as (select given, 1 as one from (values {texts}, (null)) as texts (given))"
        return f"with {given} select {columns} from {self.source}"


CASES = [
    Case(
        "instants",
        INSTANTS,
        (
            "parse_instant('given')",
            "parse_instant('given', true)",
            "parse_instant('given', true, 'Europe/Oslo')",
            "parse_instant('given', false, 'Europe/Oslo', 'length(given) > 16')",
            "parse_value('given', 'date')",
            "matches(trimmed('given'), time_patterns().wall)",
        ),
    ),
    Case(
        "words",
        WORDS,
        (
            "trimmed('given')",
            "compared('given')",
            "enumeration_value('given', ['on_hold', 'open'])",
            "status_path('given', 'given')",
        ),
    ),
    Case(
        "values",
        VALUES,
        (
            *(f"parse_value('given', '{kind}')" for kind in ("integer", "date", "boolean", "json")),
            "rounded(parse_value('given', 'number') ~ ' * 1000', 0) ~ ' < 1000'",
            "parse_value('given', 'number') ~ ' is null'",
        ),
    ),
    Case("zones", NAMES, ("is_timezone('given')",)),
    Case(
        "wall times",
        "|".join(
            f"{zone}@{wall}"
            for zone in ZONES.split()
            for zone in zone.split("|")
            for wall in WALLS.strip().replace("\n", "|").split("|")
        ),
        (
            "instant_of_wall('zone', 'wall')",
            "wall_epoch_seconds('zone', 'cast(wall as date)', '150')",
            "report_date('wall')",
            "report_hour('wall')",
            "iso_weekday(report_date('wall'))",
            "day_before('wall')",
            "report_date_start('cast(wall as date)')",
            "epoch_seconds('wall')",
            "instant_of_epoch(epoch_seconds('wall'))",
            "worded_date('cast(wall as date)')",
            "worded_weekday('cast(wall as date)')",
            "days_later('cast(wall as date)', -3)",
            "days_between('cast(wall as date)', \"date '2024-06-01'\")",
            "seconds_between('wall', \"timestamp '2024-06-01 00:00:00.5'\")",
        ),
        "(select split_part(given, '@', 1) as zone, cast(split_part(given, '@', 2) as timestamp) as wall"
        " from given_values) as walls",
    ),
    Case(
        "numbers",
        NUMBERS,
        (
            "worded_number('number')",
            "worded_number('number', 1)",
            "worded_number('number', 2, true)",
            "worded_duration('abs(number)')",
            "'cast(' ~ rounded(rounded('number', 6) ~ ' * 1000000', 0) ~ ' as bigint)'",
            "'cast(' ~ whole_times('cast(number as bigint)', 7) ~ ' as bigint)'",
        ),
        "(select cast(given as double) as number from given_values) as numbers",
    ),
    Case(
        "JSON",
        JSON,
        (
            "json_value('given', 'a')",
            "json_value('given', 'b', 0, 'c')",
            "associated_id('given', 'companies', primary=26)",
            "associated_id('given', 'companies')",
            "unlisted_json_key('given', ['a', 'priority'])",
            "json_string('given')",
            "row_as_json({'a': 'given', 'b': 'cast(null as string)'})",
        ),
    ),
    Case(
        "items of objects",
        ITEMS,
        ("'field'", "'field_value'", "'value_number'"),
        "({{ json_object_items('given_values', ['one'], 'given') }}) as items",
    ),
    Case(
        "records of lists",
        JSON,
        ("'record_number'", "'record_a'", "'record_b'"),
        "({{ json_records('given_values', ['one'], 'given', ['a', 'b']) }}) as records",
    ),
    Case(
        "texts of vendors",
        MIXED,
        (
            "iso_instant('given')",
            "seconds_of_milliseconds('given')",
            "first_match('given', '#([0-9]+)')",
        ),
    ),
    Case(
        "groups",
        GROUPS,
        (
            "json_list_of('given')",
            "json_object_of('given', json_string('given'))",
            "values_sum(sorted_values('length(given)'))",
            "values_count(sorted_values('length(given)'))",
        ),
    ),
]
