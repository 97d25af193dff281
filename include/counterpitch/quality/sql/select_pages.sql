-- The day's looks at pages, beside the bytes that each names.
select p.source, p.brand_id, p.url, p.final_url, p.state, p.code, p.text, p.products,
       p.content_hash, r.content_hash as known_content,
       p.partition_key as day, (p.observed_at at time zone 'utc')::date as looked_on,
       (now() at time zone 'utc')::date as today
from core.web_page p
left join raw.web_page r using (brand_id, url, content_hash)
where p.partition_key = %(partition_key)s and p.brand_id = any(%(brands)s)
order by p.source, p.brand_id, p.url
