"""Reports for the tests of the builder: every source, every kind of join, field and filter."""

WIDE_REPORTS = {
    "wide_tickets": """
title: Tickets by lookups
source: tickets
join: [channels, {source: agents, by: owner}, companies]
measures: [ticket_count, responses_per_ticket, bot_share, one_touch_share]
dimensions: [channel_kind, agent_is_active, has_domain, status, ticket_source, is_outbound]
filters:
  - {field: priority, is_not: [urgent]}
  - {field: created_at, at_least: "2026-01-01T00:00:00Z"}
page: wide
""",
    "wide_conversations": """
title: Waits by the ticket's owner and channel
source: conversations
join: [tickets, channels, {source: agents, by: tickets.owner}]
measures: [average_customer_wait, average_response_time_business, unanswered_waits]
dimensions: [responding_agent, channel_name, agent_name, priority, is_first]
filters:
  - {field: tickets.is_outbound, is: false}
  - {field: agents.agent_is_active, is: true}
series: is_first
page: wide
""",
    "wide_waiting": """
title: Waiting now
source: conversations
measures: [waiting_customers, wait_messages]
date: waiting_since_date
page: wide
""",
    "wide_messages": """
title: Messages by kind and channel
source: messages
join: [tickets]
measures: [message_count, bot_messages, average_time_since_last_response]
dimensions: [author_type, direction, channel, tickets.channel, author, category]
filters:
  - {field: sent_hour, at_least: 6}
  - {field: sent_date, at_most: 2026-05-31}
axis: author
page: wide
""",
    "wide_any": """
title: One of several
source: messages
join: [tickets]
measures: [message_count]
dimensions: [author_type, priority, sent_weekday]
filters:
  - any:
      - {field: direction, is: incoming}
      - {field: priority, is: [high, urgent]}
      - {field: tickets.channel, filled: false}
  - any: [{field: sent_hour, at_most: 9}, {field: author_type, is: agent}]
chart: pivot
axis: sent_weekday
rows: priority
page: wide
""",
    "wide_any_of_tickets": """
title: One of several of a ticket
source: tickets
join: [channels, companies]
measures: [ticket_count]
dimensions: [channel_kind, priority]
filters:
  - any: [{field: priority, is: high}, {field: has_domain, is: true}, {field: status, is_not: x}]
chart: stacked
series: priority
page: wide
""",
    "wide_figure": """
title: A figure alone
source: calls
measures: [call_count]
dimensions: [call_outcome]
filters:
  - any: [{field: call_direction, is: incoming}, {field: call_outcome, is: missed}]
chart: figure
page: wide
""",
    "wide_area": """
title: Responses stacked
source: conversations
measures: [responses]
dimensions: [is_first]
chart: area
series: is_first
page: wide
""",
    "wide_table": """
title: A table
source: tickets
measures: [average_time_to_close, ticket_count]
dimensions: [channel]
chart: table
axis: channel
page: wide
""",
    "wide_median": """
title: The slowest owners by the median
source: tickets
measures: [median_first_response, p90_first_response, ticket_count]
dimensions: [owner, priority]
date: created_date
axis: owner
sort: highest
limit: 3
page: wide
""",
    "wide_p90": """
title: The ninetieth percentile over time
source: conversations
join: [tickets]
measures: [p90_customer_wait, average_customer_wait]
dimensions: [tickets.channel]
series: tickets.channel
limit: 2
page: wide
""",
    "wide_first_rows": """
title: Owners and priorities
source: tickets
measures: [ticket_count]
dimensions: [owner, priority]
chart: pivot
axis: priority
rows: owner
sort: count
limit: 4
page: wide
""",
    "wide_contacts": """
title: Contacts
source: contacts
measures: [contact_count, contacts_with_company]
dimensions: [contact_source_system]
page: wide
""",
    "wide_companies": """
title: Companies
source: companies
measures: [company_count, companies_with_domain]
dimensions: [has_domain]
page: wide
""",
    "wide_feedback": """
title: Scores
source: feedback
join: [surveys, tickets]
measures: [average_score, positive_share, net_promoter_score]
dimensions: [survey, scale_max, rated_agent, tickets.channel]
filters:
  - {field: score, filled: true}
page: wide
""",
    "wide_surveys": """
title: Surveys sent
source: feedback
measures: [response_rate]
dimensions: [survey_kind]
axis: survey_kind
page: wide
""",
    "wide_sla": """
title: Clocks by policy
source: sla_clocks
join: [tickets]
measures: [sla_clock_count, sla_compliance]
dimensions: [sla_status, sla_policy, priority, tickets.category]
filters:
  - {field: priority, is: [high, urgent]}
grain: quarter
page: wide
""",
    "wide_status_times": """
title: Stays that ended
source: status_spells
join: [statuses]
measures: [average_time_in_status]
dimensions: [status_name, spell_state]
series: spell_state
page: wide
""",
    "wide_dates": """
title: Tickets opened and closed
source: tickets
measures: [ticket_count, tickets_closed]
dimensions: [channel]
date: own
page: wide
""",
    "wide_named": """
title: Tickets by names of one's own
source: tickets
measures:
  - {measure: average_time_to_close, name: speed, label: Speed}
  - ticket_count
dimensions: [{field: channel, name: way, label: Way}]
columns: {ticket_count: came, tickets_closed: went}
breakdowns: [team, {breakdown: agent, label: Who}]
series: way
date: created_date
requires: [messages]
recency_note: The newest are missing.
page: wide
""",
    "wide_backlog": """
title: Open by priority
source: backlog
measures: [open_tickets, average_age]
dimensions: [priority]
page: wide
""",
    "wide_calls": """
title: Calls by outcome
source: calls
join: [tickets]
measures: [average_call_duration, missed_calls, call_count]
dimensions: [call_agent, call_outcome, call_direction, tickets.owner, priority]
page: wide
""",
}

# Values that would end a literal, open a template, start a comment, or escape on some engine.
HOSTILE = (
    "x' or 1=1 --",
    "'; drop table marts.fct_tickets; --",
    "{{ env_var('HOME') }}",
    "{% raw %}{# gone #}",
    "\\' or true or \\'",
    "chr(39) || '",
    "a\nb\tc",
    '/* */ ; $$ " ` ${x}',
    "na\u00efve \u2013 \U0001d7d9 \u00fc",
    "",
)


def _quoted(value: str) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


HOSTILE_REPORTS = {
    "hostile_is": f"""
title: "It's <b>\\"hostile\\"</b> & $1 ${{x}} -- {{x}} %"
question: "'; drop table x; -- <script>alert(1)</script>"
definition: "'quoted' \\"twice\\" {{ one brace }}"
source: tickets
measures: [ticket_count]
filters:
  - {{field: category, is: [{", ".join(map(_quoted, HOSTILE))}]}}
page: hostile
""",
    "hostile_is_not": f"""
title: All of them
source: conversations
join: [tickets]
measures: [wait_count]
date: waiting_since_date
filters:
  - {{field: tickets.category, is_not: [{", ".join(map(_quoted, HOSTILE))}]}}
  - {{field: owner, is_not: {_quoted(HOSTILE[1])}}}
page: hostile
""",
}
