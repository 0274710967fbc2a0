select * replace (case when _gone_at is null then status else 'deleted' end as status) from tickets
