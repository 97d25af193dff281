-- Arms of randomised tests that had started by the partition day. Arms of one test and image that say the same are one.
select
    min(source || ':' || experiment_id || ':' || arm_id) as example_key,
    'test|' || source || '|' || experiment_id || '|' || coalesce(image_id, '') as group_key,
    'test|' || source || '|' || experiment_id as test_key,
    owner,
    null::text as brand_id,
    concat_ws(E'\n', nullif(headline, ''), nullif(body, '')) as clean_text,
    concat_ws(E'\n', nullif(headline, ''), nullif(body, '')) as body, -- the headline opens the text
    ''::text as title,
    ''::text as description,
    ''::text as call_to_action,
    'und'::text as language, -- told by examples.spoken, from the words
    null::text as media_type,
    '{}'::text[] as platforms,
    min(started_on) as day,
    sum(impressions)::bigint as impressions,
    sum(clicks)::bigint as clicks,
    null::bigint as link_clicks,
    false as all_link_clicks
from core.experiment_arm
where coalesce(started_on, date '1970-01-01') <= %(partition_key)s
group by source, experiment_id, image_id, owner, headline, body
order by 1;
