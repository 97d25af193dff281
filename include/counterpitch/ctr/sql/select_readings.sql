-- What one reader found in these texts, as pairs of field and value; words that two texts or markets share once. Without
-- market_id in any market.
select distinct on (t.clean_text)
    t.clean_text,
    t.body,
    t.title,
    t.description,
    r.tone,
    (
        select coalesce(jsonb_agg(jsonb_build_array(p.field, p.value) order by p.field, p.position), '[]'::jsonb)
        from mart.pillar p
        where p.market_id = r.market_id and p.text_hash = r.text_hash
    ) as mentions
from mart.reading r
join core.ad_text t using (text_hash)
where (r.market_id = %(market_id)s or %(market_id)s::text is null) and r.text_hash = any(%(texts)s)
    and r.status <> 'pending' and r.extractor = %(extractor)s and r.extractor_version = %(extractor_version)s
order by t.clean_text, r.text_hash, r.market_id;
