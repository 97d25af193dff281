-- The day's ads beside what they name, so that a name that leads nowhere shows as null.
select s.source, s.brand_id, b.brand_id as known_brand, s.ad_key, a.ad_key as known_ad,
       s.text_hash, t.text_hash as known_text,
       cardinality(s.version_hashes)::float8 as versions,
       (select count(*) from core.ad_text v where v.text_hash = any(s.version_hashes))::float8 as known_versions,
       s.page_id, p.page_id as known_page,
       s.partition_key as day, a.first_seen, a.last_seen, a.running_days, a.status
from core.ad_seen_daily s
left join core.brand b using (brand_id)
left join core.ad a using (ad_key)
left join core.ad_text t on t.text_hash = s.text_hash
left join core.page p on (p.source, p.page_id, p.brand_id) = (s.source, s.page_id, s.brand_id)
where s.partition_key = %(partition_key)s and s.brand_id = any(%(brands)s)
order by s.source, s.brand_id, s.ad_id
