-- Own ads of any market that were seen on the day, with their words.
select distinct on (s.ad_key)
    s.ad_key, s.brand_id, t.clean_text, t.title, t.body, t.description, t.call_to_action, t.language,
    s.media_type, s.platforms, coalesce(s.delivery_start, s.partition_key) as day
from core.ad_seen_daily s
join core.market_brand mb on mb.brand_id = s.brand_id and mb.role = 'own'
join core.ad_text t on t.text_hash = s.text_hash
where s.partition_key = %(partition_key)s
order by s.ad_key, s.brand_id;
