-- What one reader found in the words of brands that have results, a text once, as pairs of field and value.
select distinct on (t.clean_text)
    t.clean_text,
    r.tone,
    (
        select coalesce(jsonb_agg(jsonb_build_array(p.field, p.value) order by p.field, p.position), '[]'::jsonb)
        from mart.pillar p
        where p.market_id = r.market_id and p.text_hash = r.text_hash
    ) as mentions
from mart.reading r
join core.ad_text t using (text_hash)
where r.status <> 'pending' and r.extractor = %(extractor)s and r.extractor_version = %(extractor_version)s
    and exists (
        select 1 from core.ad_seen_daily s
        where s.text_hash = r.text_hash and s.brand_id in (select distinct brand_id from core.ad_result_daily)
    )
order by t.clean_text, r.text_hash, r.market_id;
