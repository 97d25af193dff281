-- Own ads of any market that were first seen after the model's training (at most four weeks back) and by the day, with
-- their words as they were first known. Ads that the training knew are left out, and so is who survived: an ad that
-- does well is left running, so the ads of one day never look like all that were launched.
select
    a.ad_key, a.brand_id, t.clean_text, t.title, t.body, t.description, t.call_to_action, t.language,
    a.media_type, a.platforms, coalesce(a.delivery_start, a.first_seen) as day
from (
    select
        s.ad_key,
        min(s.brand_id) as brand_id,
        min(s.partition_key) as first_seen,
        (array_agg(s.text_hash order by s.partition_key) filter (where s.text_hash is not null))[1] as text_hash,
        core.last_known(s.media_type order by s.partition_key, s.brand_id) as media_type,
        coalesce(core.last_known(nullif(s.platforms, '{}') order by s.partition_key, s.brand_id), '{}') as platforms,
        min(s.delivery_start) as delivery_start
    from core.ad_seen_daily s
    where s.partition_key <= %(partition_key)s
      and s.brand_id in (select brand_id from core.market_brand where role = 'own')
    group by s.ad_key
) a
join core.ad_text t using (text_hash)
where a.first_seen > greatest(%(after)s::date, %(partition_key)s::date - 28)
order by a.ad_key;
