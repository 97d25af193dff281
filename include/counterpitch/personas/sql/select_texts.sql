-- The words and the state of reading of each text.
select t.text_hash, t.clean_text, t.language, coalesce(r.status, 'pending') as status
from core.ad_text t
left join mart.reading r on r.market_id = %(market_id)s and r.text_hash = t.text_hash
where t.text_hash = any(%(texts)s)
order by t.text_hash
