-- The texts of each brand's ads, those that were seen first ahead.
select a.brand_id, a.text_hash, t.clean_text
from core.ad a join core.ad_text t using (text_hash)
where a.brand_id = any(%(brands)s)
group by a.brand_id, a.text_hash, t.clean_text
order by a.brand_id, min(a.first_seen), a.text_hash
