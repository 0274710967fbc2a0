select * from sla_policies
