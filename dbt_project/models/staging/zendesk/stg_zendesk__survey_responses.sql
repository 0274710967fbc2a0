{{ stage_contract_table('survey_responses', 'zendesk', ref('base_zendesk__survey_responses')) }}
