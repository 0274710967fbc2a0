{{ stage_contract_table('survey_responses', 'hubspot', ref('base_hubspot__survey_responses')) }}
