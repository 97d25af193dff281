-- Which words each ad showed, in sweeps up to the day, of those that were read for pillars.
select distinct s.ad_id, s.text_hash, t.body
from core.ad_seen_daily s
join core.ad_text t using (text_hash)
join mart.reading r on r.text_hash = s.text_hash and r.market_id = %(market_id)s and r.status <> 'pending'
where s.partition_key <= %(partition_key)s
order by s.ad_id, s.text_hash;
