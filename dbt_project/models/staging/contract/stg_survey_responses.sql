{{ stage_contract_table('survey_responses') }}
