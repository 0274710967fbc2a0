-- Tables as Airbyte's connectors for Zendesk Support and Talk write them: the API's own objects, a table a stream.
-- Each statement begins with its stream and the tables and columns that it reads; `*` is all of them.

-- stream tickets: tickets(*)
select * from theirs.tickets;

-- stream ticket_audits: ticket_audits(*)
select * from theirs.ticket_audits;

-- stream ticket_metric_events: ticket_metric_events(*)
select * from theirs.ticket_metric_events;

-- stream users: users(*)
select * from theirs.users;

-- stream organizations: organizations(*)
select * from theirs.organizations;

-- stream groups: groups(*)
select * from theirs.groups;

-- stream group_memberships: group_memberships(*)
select * from theirs.group_memberships;

-- stream ticket_forms: ticket_forms(*)
select * from theirs.ticket_forms;

-- stream custom_statuses: custom_statuses(*)
select * from theirs.custom_statuses;

-- stream brands: brands(*)
select * from theirs.brands;

-- stream sla_policies: sla_policies(*)
select * from theirs.sla_policies;

-- stream schedules: schedules(*)
select * from theirs.schedules;

-- stream satisfaction_ratings: satisfaction_ratings(*)
select * from theirs.satisfaction_ratings;

-- stream calls: calls(*)
select * from theirs.calls;

-- stream phone_numbers: phone_numbers(*)
select * from theirs.phone_numbers;
