select * from organization_fields
